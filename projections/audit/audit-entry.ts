import stringify from 'fast-json-stable-stringify'
import { type Envelope, parseEventType, type RecordedEvent } from '../../schemas/envelope.ts'
import { REFUSED_EVENT } from '../../schemas/events/refused.ts'
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
  const { time, actor, type, commandid, data } = envelope
  const { command, status, ...told } = type === REFUSED_EVENT ? (data as { command?: unknown; status?: unknown }) : {}
  const isRefusal = typeof command === 'string' && typeof status === 'string'
  return {
    position: sequence,
    action: isRefusal ? text(command) : parseEventType(type).name,
    actor: text(actor),
    status: isRefusal ? text(status) : 'accepted',
    subject: text(subject),
    commandId: text(commandid),
    details: detailsOf(envelope, isRefusal ? told : data),
    createdAt: time,
  }
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
  json += `,"data":${stringify(data)}`
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
  return value === undefined ? '' : `,"${name}":${JSON.stringify(value)}`
}

function text(value: string): string {
  return storableText(value.toWellFormed())
}
