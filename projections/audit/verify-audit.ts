import type { ClientConfig } from 'pg'
import { checkLineage } from '../check-lineage.ts'
import { readCheckpoint } from '../checkpoint.ts'
import type { EventLog } from '../event-log.ts'
import { liveGeneration, useGeneration } from '../generation.ts'
import { inTransaction } from '../in-transaction.ts'
import type { Projector } from '../projector.ts'
import { headWithin } from '../read-log.ts'
import { openSession } from '../session.ts'
import { type AuditEntry, auditEntry } from './audit-entry.ts'
import { auditHash, GENESIS } from './audit-hash.ts'
import { auditRows, type AuditRow } from './audit-rows.ts'

export type AuditVerification =
  /** Every row is what the log says, and none is missing. `hash` is the last one: note it elsewhere to prove it later. */
  { readonly status: 'intact'; readonly entries: number; readonly position: number; readonly hash: string } | AuditFault

/** The first row that is not what the log says; `fields` are the columns that differ. `found`: rows up to there. */
export interface AuditFault {
  readonly status: 'broken'
  readonly fault: 'changed' | 'missing' | 'added'
  readonly position: number
  readonly fields: readonly string[]
  readonly entries: number
}

export interface VerifyAudit {
  readonly database: ClientConfig
  /** The stream that the projector reads. */
  readonly log: EventLog
  readonly signal: AbortSignal
  /** Up to where it is proven, and where it ends; every few thousand entries. */
  readonly onProgress?: (position: number, end: number) => void
}

const STATEMENT_TIMEOUT = 5 * 60_000
const LOG_TIMEOUT = 5_000
const PROGRESS = 5_000

/**
 * Makes every entry again from the log and compares it with its row, in one snapshot while the projector goes on, and in
 * memory that does not grow with the log. Whoever changes, removes or adds rows is found out even if all hashes after
 * were made to fit, since the log does not change.
 * @throws Halted when the rows are of another log or another version; what an outage throws.
 */
export async function verifyAudit(projector: Projector, options: VerifyAudit): Promise<AuditVerification> {
  const { log, signal } = options
  await using session = await openSession(options.database, {
    applicationName: `pharos verify ${projector.name}`,
    statementTimeout: STATEMENT_TIMEOUT,
  })
  const { client } = session
  await useGeneration(client, projector.name, (await liveGeneration(client, projector.name)) ?? projector.version)
  return await inTransaction(
    client,
    async () => {
      const checkpoint = await readCheckpoint(client)
      checkLineage(projector, checkpoint, await headWithin(log, LOG_TIMEOUT))
      return compare(auditRows(client), checkpoint.position, projector, options)
    },
    'isolation level repeatable read read only',
  ).finally(() => signal.throwIfAborted())
}

async function compare(
  rows: AsyncGenerator<AuditRow, void>,
  end: number,
  projector: Projector,
  { log, signal, onProgress }: VerifyAudit,
): Promise<AuditVerification> {
  let [entries, position, prevHash] = [0, 0, GENESIS]
  let row = await rows.next()
  if (end > 0)
    for await (const event of log.readAll({
      fromSequence: 1,
      untilSequence: end,
      subjects: projector.subjects,
      signal,
    })) {
      const entry = auditEntry(event)
      if (row.done === true || row.value.position > entry.position) return fault('missing', entry.position)
      if (row.value.position < entry.position) return fault('added', row.value.position)
      const hash = auditHash(entry, prevHash)
      const fields = differences(row.value, entry, prevHash, hash)
      if (fields.length > 0) return fault('changed', entry.position, fields)
      ;[entries, position, prevHash] = [entries + 1, entry.position, hash]
      if (entries % PROGRESS === 0) onProgress?.(position, end)
      row = await rows.next()
    }
  signal.throwIfAborted()
  if (row.done !== true) return fault('added', row.value.position)
  onProgress?.(end, end)
  return { status: 'intact', entries, position: end, hash: prevHash }

  function fault(kind: AuditFault['fault'], at: number, fields: readonly string[] = []): AuditFault {
    return { status: 'broken', fault: kind, position: at, fields, entries }
  }
}

/** The columns, as users know them, in which the row is not the entry. */
function differences(row: AuditRow, entry: AuditEntry, prevHash: string, hash: string): readonly string[] {
  const fields: string[] = []
  if (row.action !== entry.action) fields.push('action')
  if (row.actor !== entry.actor) fields.push('actor')
  if (row.status !== entry.status) fields.push('status')
  if (row.subject !== entry.subject) fields.push('subject')
  if (row.commandId !== entry.commandId) fields.push('command_id')
  if (row.details !== entry.details) fields.push('details')
  if (row.createdAt !== entry.createdAt.replace('Z', '000Z')) fields.push('created_at')
  if (row.prevHash !== prevHash) fields.push('prev_hash')
  if (row.hash !== hash) fields.push('hash')
  return fields
}
