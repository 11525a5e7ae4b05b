import type { ClientBase, ClientConfig } from 'pg'
import { checkLineage } from '../check-lineage.ts'
import { readCheckpoint } from '../checkpoint.ts'
import type { EventLog } from '../event-log.ts'
import { liveGeneration, useGeneration } from '../generation.ts'
import { inTransaction } from '../in-transaction.ts'
import type { Projector } from '../projector.ts'
import { headWithin } from '../read-log.ts'
import { openSession } from '../session.ts'
import { AuditBlock } from './audit-block.ts'
import { auditEntry } from './audit-entry.ts'
import { GENESIS } from './audit-hash.ts'
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
/** Positions that are proven at once. */
const POSITIONS = 2_000

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
      return prove(client, checkpoint.position, projector, options)
    },
    'isolation level repeatable read read only',
  ).finally(() => signal.throwIfAborted())
}

async function prove(
  client: ClientBase,
  end: number,
  projector: Projector,
  { log, signal, onProgress }: VerifyAudit,
): Promise<AuditVerification> {
  let [entries, prevHash] = [0, GENESIS]
  // A row that was added may have any position.
  let block = new AuditBlock(client, Number.MIN_SAFE_INTEGER, Math.min(POSITIONS, end))
  const range = { fromSequence: 1, untilSequence: end, subjects: projector.subjects, signal }
  if (end > 0)
    for await (const event of log.readAll(range)) {
      const entry = auditEntry(event)
      const fault = await proveUntil(entry.position)
      if (fault !== undefined) return fault
      prevHash = block.add(entry, prevHash)
    }
  signal.throwIfAborted()
  const fault = (await proveUntil(end + 1)) ?? (await proveBlock())
  if (fault !== undefined) return fault
  const [beyond] = await auditRows(client, { after: end, until: Number.MAX_SAFE_INTEGER, most: 1 })
  if (beyond !== undefined) return faultOf('added', beyond.position, [], entries)
  onProgress?.(end, end)
  return { status: 'intact', entries, position: end, hash: prevHash }

  /** Leaves the block that `position` falls in, with all before it proven. */
  async function proveUntil(position: number): Promise<AuditFault | undefined> {
    while (position > block.until && block.until < end) {
      const fault = await proveBlock()
      if (fault !== undefined) return fault
      block = new AuditBlock(client, block.until, Math.min(block.until + POSITIONS, end))
    }
    return undefined
  }

  async function proveBlock(): Promise<AuditFault | undefined> {
    const { after, until, expected } = block
    if (!(await block.isProven())) {
      // Of more rows than there may be, the first too many is among these.
      const most = expected.length + 1
      const fault = firstFault(expected, await auditRows(client, { after, until, most }), entries)
      if (fault !== undefined) return fault
    }
    entries += expected.length
    onProgress?.(until, end)
    return undefined
  }
}

/** The first row that is not what it must be; `before`: rows that are proven before these. */
function firstFault(expected: readonly AuditRow[], rows: readonly AuditRow[], before: number): AuditFault | undefined {
  for (const [i, entry] of expected.entries()) {
    const row = rows[i]
    if (row === undefined || row.position > entry.position) return faultOf('missing', entry.position, [], before + i)
    if (row.position < entry.position) return faultOf('added', row.position, [], before + i)
    const fields = differences(row, entry)
    if (fields.length > 0) return faultOf('changed', entry.position, fields, before + i)
  }
  const added = rows[expected.length]
  return added === undefined ? undefined : faultOf('added', added.position, [], before + expected.length)
}

function faultOf(fault: AuditFault['fault'], position: number, fields: readonly string[], entries: number): AuditFault {
  return { status: 'broken', fault, position, fields, entries }
}

/** The columns, as users know them, in which the row is not what it must be. */
function differences(row: AuditRow, expected: AuditRow): readonly string[] {
  const fields: string[] = []
  if (row.action !== expected.action) fields.push('action')
  if (row.actor !== expected.actor) fields.push('actor')
  if (row.status !== expected.status) fields.push('status')
  if (row.subject !== expected.subject) fields.push('subject')
  if (row.commandId !== expected.commandId) fields.push('command_id')
  if (row.details !== expected.details) fields.push('details')
  if (row.createdAt !== expected.createdAt) fields.push('created_at')
  if (row.prevHash !== expected.prevHash) fields.push('prev_hash')
  if (row.hash !== expected.hash) fields.push('hash')
  return fields
}
