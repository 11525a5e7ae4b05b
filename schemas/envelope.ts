import { z } from 'zod'
import { actorId, commandId, eventId } from './ids.ts'

/**
 * One event as it stands in the log: CloudEvents 1.0, structured JSON, with Pharos' extension attributes.
 * `subject` is the aggregate; `type` ends in the schema version (`pharos.alias.registered.v1`).
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
export const envelope = z.strictObject({
  specversion: z.literal('1.0'),
  id: eventId,
  source: z.string().min(1),
  type: z.string().regex(/^pharos\.[a-z-]+\.[a-z-]+\.v[1-9][0-9]*$/),
  subject: z.string().min(1),
  time: z.iso.datetime({ precision: 3 }),
  datacontenttype: z.literal('application/json'),
  data: z.record(z.string(), z.unknown()),
  actor: actorId,
  commandid: commandId,
  /** sha256 of the command's type and data: the same command id with another body is told apart by it. */
  commanddigest: z.string().regex(/^[0-9a-f]{64}$/),
  /** Place of this event among its command's events, from 0; with `commandcount` events in all, contiguous in the log. */
  commandindex: z.int().min(0).max(999),
  commandcount: z.int().min(1).max(1000),
  correlationid: z.string().min(1).max(128),
  causationid: z.string().min(1).max(128),
  /** W3C trace context of the request that made it. */
  traceparent: z.string().max(55).optional(),
})

export type Envelope = z.infer<typeof envelope>

/** An event with its place in the log. `sequence` is the stream sequence, which is also its aggregate's revision then. */
export interface RecordedEvent {
  readonly sequence: number
  readonly subject: string
  readonly envelope: Envelope
}

/** `pharos.alias.registered.v1` → `{ name: 'alias.registered', version: 1 }`. @throws RangeError when it is no event type. */
export function parseEventType(type: string): EventType {
  const known = eventTypes.get(type)
  if (known !== undefined) return known
  const match = /^pharos\.(.+)\.v([1-9][0-9]*)$/.exec(type)
  if (match?.[1] === undefined) throw new RangeError(`not an event type: ${type}`)
  const parsed = { name: match[1], version: Number(match[2]) }
  if (eventTypes.size < MOST_EVENT_TYPES) eventTypes.set(type, parsed)
  return parsed
}

/** The other way round. Of one kind of events it is one text, of which JavaScript keeps the hash. */
export function formatEventType(name: string, version: number): string {
  const last = newest.get(name)
  if (last?.version === version) return last.type
  const type = `pharos.${name}.v${version}`
  if (newest.size < MOST_EVENT_TYPES) newest.set(name, { version, type })
  return type
}

interface EventType {
  readonly name: string
  readonly version: number
}

/** There are some dozens, asked for with every event; a stranger's log may hold any number. */
const MOST_EVENT_TYPES = 1000
const eventTypes = new Map<string, EventType>()
/** As they were written last, by name. */
const newest = new Map<string, { readonly version: number; readonly type: string }>()
