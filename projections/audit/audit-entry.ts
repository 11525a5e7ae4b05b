import stringify from 'fast-json-stable-stringify'
import { parseEventType, type RecordedEvent } from '../../schemas/envelope.ts'
import { REFUSED_EVENT } from '../../schemas/events/refused.ts'
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
    details: stringify({
      type,
      data: isRefusal ? told : data,
      eventId: envelope.id,
      commandDigest: envelope.commanddigest,
      commandIndex: envelope.commandindex,
      commandCount: envelope.commandcount,
      correlationId: envelope.correlationid,
      causationId: envelope.causationid,
      traceparent: envelope.traceparent,
    }),
    createdAt: time,
  }
}

function text(value: string): string {
  return storableText(value.toWellFormed())
}
