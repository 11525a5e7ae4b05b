import type { z } from 'zod'
import type { Violation } from '../schemas/command.ts'

/** A schema's complaints as violations: the field as a dotted path (`data.scope.site`), the message saying what is right. */
export function violationsOf(error: z.ZodError, prefix?: string): Violation[] {
  return error.issues.flatMap((issue) => {
    const path = [...(prefix === undefined ? [] : [prefix]), ...issue.path.map(String)]
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ field: [...path, key].join('.'), message: 'is not a field of this command' }))
    return [{ field: path.join('.') || 'body', message: issue.message }]
  })
}
