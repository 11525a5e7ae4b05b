import type { z } from 'zod'

/**
 * Marks a field of an event as what is known of a person: such a value stands in streams encrypted, with a key of that
 * person's own, and reads `erased` once the key is gone. A top-level field of the event's data; a text, or null.
 * The mark is seen in the recorded schema of the event, so it cannot be lost unnoticed.
 */
export function personal<Schema extends z.ZodType<string | null>>(schema: Schema): Schema {
  return schema.meta({ personal: true })
}

/** Marks the field of an event that names the person whom its {@link personal} fields are about. It is never encrypted. */
export function person<Schema extends z.ZodType<string>>(schema: Schema): Schema {
  return schema.meta({ person: true })
}

/** What a personal field says once its person was erased. */
export const ERASED = 'erased'
