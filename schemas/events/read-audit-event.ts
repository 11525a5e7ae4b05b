import type { Envelope } from '../envelope.ts'
import { type AuditEvent, auditEventData } from './audit.ts'
import { UnknownEventError } from './unknown-event.ts'
import { upcast } from './upcast.ts'

/**
 * The audit event in an envelope, upcast to the version that the rules know and checked against its schema.
 * @throws UnknownEventError when its name or version is newer than this code; z.ZodError when its data is not what its type says.
 */
export function readAuditEvent(envelope: Pick<Envelope, 'type' | 'data'>): AuditEvent {
  const { name, data } = upcast(envelope)
  if (name !== 'audit.archived') throw new UnknownEventError(envelope.type)
  return { type: name, data: auditEventData[name].parse(data) }
}
