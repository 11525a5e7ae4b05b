import { canonicalJson } from '../../schemas/canonical-json.ts'
import { type Envelope, parseEventType, type RecordedEvent } from '../../schemas/envelope.ts'
import { REFUSED_EVENT } from '../../schemas/events/refused.ts'
import { quoted } from '../../schemas/quoted.ts'
import { isSealed } from '../../schemas/sealed-envelope.ts'
import { storableText } from '../storable-text.ts'

/** One line of the audit: made of one message of a stream and of nothing else, so that anybody can make it again. */
export interface AuditEntry {
  readonly position: number
  /** What was done, `alias.registered`; of a refusal what was asked for, `alias.register`. */
  readonly action: string
  readonly actor: string
  readonly status: string
  /** The aggregate; of a refusal the subject that it is noted on. */
  readonly subject: string
  readonly commandId: string
  /** All else that the message says, as canonical JSON. */
  readonly details: string
  /** RFC 3339, UTC, to the millisecond. */
  readonly createdAt: string
}

/** The audit's entry of a message. What Postgres cannot hold as text is replaced here, so that row and entry agree. */
export function auditEntry({ sequence, subject, envelope }: RecordedEvent): AuditEntry {
  const { type } = envelope
  const told = type === REFUSED_EVENT ? refused(envelope.data) : undefined
  return {
    position: sequence,
    action: told?.command ?? parseEventType(type).name,
    actor: text(envelope.actor),
    status: told?.status ?? 'accepted',
    subject: text(subject),
    commandId: text(envelope.commandid),
    details: detailsOf(envelope, told?.data ?? envelope.data),
    createdAt: envelope.time,
  }
}

/** What a refusal says, with what stands in columns apart from the rest. */
function refused({ command, status, ...data }: Envelope['data']) {
  if (typeof command !== 'string' || typeof status !== 'string') return undefined
  return { command: text(command), status: text(status), data }
}

/**
 * Canonical JSON: keys sorted by code unit, no white space, and nothing that a message does not say. Only the data's keys
 * need sorting: ours are written in their order, since verifying a million entries pays for every sort.
 */
function detailsOf(envelope: Envelope, data: unknown): string {
  let json = attribute('causationId', envelope.causationid)
  json += attribute('commandCount', envelope.commandcount)
  json += attribute('commandDigest', envelope.commanddigest)
  json += attribute('commandIndex', envelope.commandindex)
  json += attribute('correlationId', envelope.correlationid)
  json += `,"data":${canonicalJson(data)}`
  json += attribute('eventId', envelope.id)
  // What is known of people stays sealed here: the chain holds, and says nothing of them, when they are erased.
  if (isSealed(envelope)) {
    json += attribute('person', envelope.person)
    json += attribute('personKey', envelope.personkey)
    json += attribute('sealed', envelope.sealed)
  }
  json += attribute('traceparent', envelope.traceparent)
  json += attribute('type', envelope.type)
  return `{${json.slice(1)}}`
}

function attribute(name: string, value: string | number | undefined): string {
  if (value === undefined) return ''
  return `,"${name}":${typeof value === 'string' ? quoted(value) : JSON.stringify(value)}`
}

function text(value: string): string {
  return storableText(value.toWellFormed())
}
