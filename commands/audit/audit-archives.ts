import { type AuditArchiveState, auditArchive } from '../../domain/audit/audit-archive.ts'
import { type AuditCommand, auditCommandData } from '../../schemas/commands/audit.ts'
import type { AuditEvent } from '../../schemas/events/audit.ts'
import { currentVersion } from '../../schemas/events/current-version.ts'
import { readAuditEvent } from '../../schemas/events/read-audit-event.ts'
import { aggregateSubject } from '../../schemas/subjects.ts'
import type { AggregateDefinition } from '../command-handler.ts'

/** The archive of the audit: one aggregate, `evt.audit.archive`. */
export const auditArchives: AggregateDefinition<AuditArchiveState, AuditCommand, AuditEvent> = {
  decider: auditArchive,
  commands: {
    'audit.archive': {
      data: auditCommandData['audit.archive'],
      aggregates: () => [aggregateSubject('audit', 'archive')],
      permission: () => ({ action: 'administer', on: 'audit' }),
    },
  },
  readEvent: readAuditEvent,
  versionOf: currentVersion,
}
