import type { ClientBase, ClientConfig } from 'pg'
import type { LogMessage } from '../../schemas/log-message.ts'
import { checkLineage } from '../check-lineage.ts'
import { readCheckpoint } from '../checkpoint.ts'
import { liveGeneration, useGeneration } from '../generation.ts'
import { inTransaction } from '../in-transaction.ts'
import type { Projector } from '../projector.ts'
import { headWithin } from '../read-log.ts'
import { openSession } from '../session.ts'
import { type AuditBlock, isProven, rowsDigest } from './audit-block.ts'
import { AuditChain } from './audit-chain.ts'
import { GENESIS } from './audit-hash.ts'
import { auditRows, type AuditRow } from './audit-rows.ts'
import { auditStretches } from './audit-stretches.ts'
import { ChainThread } from './chain-thread.ts'
import type { MessageLog } from './message-log.ts'
import type { StretchProof } from './stretch-proof.ts'

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
  readonly log: MessageLog
  readonly signal: AbortSignal
  /** Up to where it is proven, and where it ends; every few thousand entries. */
  readonly onProgress?: (position: number, end: number) => void
}

const STATEMENT_TIMEOUT = 5 * 60_000
const LOG_TIMEOUT = 5_000
/** Stretches that are read while others are proven: so much of the log is in memory. */
const AHEAD = 4

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
  { subjects }: Projector,
  { log, signal, onProgress }: VerifyAudit,
): Promise<AuditVerification> {
  await using chain = new ChainThread()
  const blocks: AuditBlock[] = []
  let [entries, hash] = [0, GENESIS]
  // A session answers one question after the other.
  let asked: Promise<unknown> = Promise.resolve()
  try {
    for await (const { packed, ...range } of auditStretches(messages(1, end), end)) {
      const expected = chain.prove(packed)
      const told = asked.then(() => rowsDigest(client, range))
      asked = told.catch(() => undefined)
      // It comes out where it is awaited.
      expected.catch(() => undefined)
      blocks.push({ ...range, expected, told })
      const fault = blocks.length > AHEAD ? await proveNext() : undefined
      if (fault !== undefined) return fault
    }
    while (blocks.length > 0) {
      const fault = await proveNext()
      if (fault !== undefined) return fault
    }
  } finally {
    await asked
  }
  const [beyond] = await auditRows(client, { after: end, until: Number.MAX_SAFE_INTEGER, most: 1 })
  if (beyond !== undefined) return faultOf('added', beyond.position, [], entries)
  onProgress?.(end, end)
  return { status: 'intact', entries, position: end, hash }

  async function proveNext(): Promise<AuditFault | undefined> {
    const block = blocks.shift()
    if (block === undefined) return undefined
    const [expected, told] = await Promise.all([block.expected, block.told])
    if (!isProven(expected, told)) {
      await asked
      const fault = await look(block, expected)
      if (fault !== undefined) return fault
    }
    entries += expected.entries
    hash = expected.hash
    onProgress?.(block.until, end)
    return undefined
  }

  /** Reads the rows, and once more what they are made of. */
  async function look({ after, until }: AuditBlock, expected: StretchProof): Promise<AuditFault | undefined> {
    const chain = new AuditChain(expected.prevHash)
    const rows: AuditRow[] = []
    for await (const batch of messages(after + 1, until)) for (const message of batch) rows.push(chain.next(message))
    // Of more rows than there may be, the first too many is among these.
    return firstFault(rows, await auditRows(client, { after, until, most: rows.length + 1 }), entries)
  }

  async function* messages(from: number, until: number): AsyncGenerator<readonly LogMessage[], void> {
    if (until <= 0) return
    yield* log.readMessages({ fromSequence: Math.max(1, from), untilSequence: until, subjects, signal })
    // Then not all have come.
    signal.throwIfAborted()
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
