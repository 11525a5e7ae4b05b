import { type Envelope, parseEventType } from '../envelope.ts'
import { type AuditEvent, auditEventData } from './audit.ts'
import { UnknownEventError } from './unknown-event.ts'

/**
 * The audit event in an envelope, checked against its schema.
 * @throws UnknownEventError when its name or version is newer than this code; z.ZodError when its data is not what its type says.
 */
export function readAuditEvent({ type, data }: Pick<Envelope, 'type' | 'data'>): AuditEvent {
  const { name, version } = parseEventType(type)
  if (version !== 1 || name !== 'audit.archived') throw new UnknownEventError(type)
  return { type: name, data: auditEventData[name].parse(data) }
}
