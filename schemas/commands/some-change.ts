import type { z } from 'zod'

/** The same data, if it holds one of these fields: who wants to change a thing must say what. */
export function someChange<Schema extends z.ZodType<object>>(schema: Schema, ...fields: readonly string[]): Schema {
  return schema.refine((data) => fields.some((field) => field in data && Reflect.get(data, field) !== undefined), {
    message: `must hold at least one of ${fields.join(', ')}`,
  })
}
