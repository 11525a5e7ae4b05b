import { z } from 'zod'
import { eventData } from './event-data.ts'

/** Where an event names a person, and which of its top-level fields are theirs alone. */
export interface PersonalFields {
  readonly person: string
  readonly fields: readonly string[]
}

/** By event name, without version: the events of which the newest version has fields that are marked `personal`. */
export const personalFields: ReadonlyMap<string, PersonalFields> = new Map(
  Object.entries(eventData).flatMap(([name, schema]) => {
    const marked = personalFieldsOf(name, schema)
    return marked === undefined ? [] : [[name, marked] as const]
  }),
)

/**
 * What a schema of event data marks as personal.
 * @throws RangeError when it marks personal fields and not exactly one person, or a field that is not at the top.
 */
export function personalFieldsOf(name: string, schema: z.ZodType): PersonalFields | undefined {
  const { properties = {}, ...rest } = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' })
  const marked = (mark: string): string[] =>
    Object.entries(properties).flatMap(([field, one]) => (typeof one === 'object' && one[mark] === true ? [field] : []))
  const fields = marked('personal')
  const marks = (JSON.stringify({ properties, rest }).match(/"personal":true/g) ?? []).length
  if (marks !== fields.length) throw new RangeError(`${name} marks a personal field that is not at the top of its data`)
  if (fields.length === 0) return undefined
  const [person, ...others] = marked('person')
  if (person === undefined || others.length > 0) throw new RangeError(`${name} must mark the one person it is about`)
  return { person, fields }
}
