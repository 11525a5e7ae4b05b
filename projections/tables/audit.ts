import { parseEventType, type RecordedEvent } from '../../schemas/envelope.ts'
import { readAuditEvent } from '../../schemas/events/read-audit-event.ts'
import { auditEntry } from '../audit/audit-entry.ts'
import { auditHash, GENESIS } from '../audit/audit-hash.ts'
import type { ProjectionTransaction } from '../projection-transaction.ts'
import type { Projector } from '../projector.ts'
import type { Row } from '../table.ts'
import {
  AUDIT_ARCHIVINGS,
  AUDIT_ENTRIES,
  CREATE_AUDIT_ARCHIVINGS,
  CREATE_AUDIT_INDEXES,
  CREATE_AUDIT_TABLES,
} from './audit-tables.ts'

/** Who did what: every event, whatever it is, so no event is newer than it knows. */
export const audit: Projector = {
  name: 'audit',
  version: 1,
  subjects: ['evt.>'],
  // Nobody waits for it as for the answer to a command, and it takes all events that there are.
  pace: 200,
  sealed: true,
  eventVersions: 'any',
  bulkBatch: 300,
  tables: `${CREATE_AUDIT_TABLES}; ${CREATE_AUDIT_ARCHIVINGS}`,
  completion: CREATE_AUDIT_INDEXES,
  views: {
    audit_accepted: entries('position'),
    audit_archivings: 'select position, before, archived_at from audit_archivings',
  },
  async apply(batch, transaction) {
    await addEntries(batch, transaction)
    await transaction.insert(
      AUDIT_ARCHIVINGS,
      batch.map(archiving).filter((row) => row !== undefined),
    )
  },
}

/** Who was refused what. Its ids are negative, so that one integer names an entry, be it accepted or refused. */
export const auditRefused: Projector = {
  name: 'audit_refused',
  version: 1,
  stream: 'AUDIT',
  subjects: ['audit.>'],
  eventVersions: 'any',
  bulkBatch: 300,
  tables: CREATE_AUDIT_TABLES,
  completion: CREATE_AUDIT_INDEXES,
  views: { audit_refused: entries('-position') },
  apply: addEntries,
}

/** What `pharos.audit_logs` is made of; names and types are those that the migrations gave the views at first. */
function entries(id: string): string {
  return `
    select ${id} as id, action, actor, status, subject, command_id, details, created_at, position, prev_hash, hash
    from audit_entries`
}

/** Hash of the last entry of a bulk load, which none but it goes on with; any other transaction asks the table. */
const tails = new WeakMap<ProjectionTransaction, string>()

async function addEntries(batch: readonly RecordedEvent[], transaction: ProjectionTransaction): Promise<void> {
  let prevHash = tails.get(transaction) ?? (await lastHash(transaction))
  const rows = batch.map((recorded) => {
    const entry = auditEntry(recorded)
    const hash = auditHash(entry, prevHash)
    const { position, action, actor, status, subject, commandId, details, createdAt } = entry
    const chained = { prev_hash: prevHash, hash }
    prevHash = hash
    return {
      position,
      action,
      actor,
      status,
      subject,
      command_id: commandId,
      details,
      created_at: createdAt,
      ...chained,
    }
  })
  await transaction.insert(AUDIT_ENTRIES, rows)
  if (transaction.bulk) tails.set(transaction, prevHash)
}

/** What the event archives; nothing, if this code cannot read it: it is an entry like any other. */
function archiving({ sequence, envelope }: RecordedEvent): Row<typeof AUDIT_ARCHIVINGS> | undefined {
  if (parseEventType(envelope.type).name !== 'audit.archived') return undefined
  try {
    const { before } = readAuditEvent(envelope).data
    return { position: sequence, before, archived_at: envelope.time }
  } catch {
    return undefined
  }
}

async function lastHash(transaction: ProjectionTransaction): Promise<string> {
  const [last] = await transaction.query<{ hash: string }>(
    'select hash from audit_entries order by position desc limit 1',
    [],
  )
  return last?.hash ?? GENESIS
}
