import type { z } from 'zod'
import { Refusal } from './refusal.ts'

/** JSON whose signature holds, in the form that it must have. @throws Refusal `invalid` that names the field. */
export function parseSigned<T>(payload: Uint8Array, schema: z.ZodType<T>, what: string): T {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  } catch (cause) {
    throw new Refusal('invalid', `${what}: no JSON`, { cause })
  }
  return parseAs(json, schema, what)
}

/** @throws Refusal `invalid` that names the first field that is wrong. */
export function parseAs<T>(json: unknown, schema: z.ZodType<T>, what: string): T {
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Refusal('invalid', `${what}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`)
}
