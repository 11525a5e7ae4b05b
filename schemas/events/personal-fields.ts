import { z } from 'zod'
import { eventData, type EventName } from './event-data.ts'

/** Where an event names a person, and which of its top-level fields are theirs alone. */
export interface PersonalFields {
  readonly person: string
  readonly fields: readonly string[]
}

/**
 * What the newest version of an event marks as `personal`, by the event's name without version; `undefined` where it marks
 * nothing, or is not known. Looked for when it is first asked of that event: for all of them at once it takes 20 ms.
 */
export function personalFields(name: string): PersonalFields | undefined {
  if (!Object.hasOwn(eventData, name)) return undefined
  if (!known.has(name)) known.set(name, personalFieldsOf(name, eventData[name as EventName]))
  return known.get(name)
}

const known = new Map<string, PersonalFields | undefined>()

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
