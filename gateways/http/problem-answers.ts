import type { z } from 'zod'
import { PROBLEM_JSON, problem } from '../../schemas/problem.ts'

const DESCRIPTIONS = {
  400: 'The request is not well formed',
  401: 'No credential, or one that is not valid',
  403: 'The credential may not do this',
  404: 'There is no such thing',
  409: 'The name is taken',
  412: 'The revision is not the expected one',
  413: 'The body is too large',
  415: 'The body is of another kind than what is taken here',
  422: 'Refused; the violations name the fields',
  429: 'Too many requests',
  503: 'Not possible at the moment; Retry-After says when to try again',
  504: 'The read model did not reach Pharos-Min-Position in time',
} as const

/** A route's answers for OpenAPI: its good ones, and the problems that it may answer with. */
export function answers<Good extends Record<number, z.ZodType>>(
  good: Good,
  ...problems: readonly (keyof typeof DESCRIPTIONS)[]
) {
  const bad = problems.map(
    (status) =>
      [status, { description: DESCRIPTIONS[status], content: { [PROBLEM_JSON]: { schema: problem } } }] as const,
  )
  return { ...good, ...Object.fromEntries(bad) } as Good
}
