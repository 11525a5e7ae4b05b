import type { ClientBase, ClientConfig } from 'pg'
import type { Position } from '../schemas/position.ts'
import { readCheckpoint } from './checkpoint.ts'
import type { EventLog } from './event-log.ts'
import { generationSchema, useGeneration } from './generation.ts'
import { inTransaction } from './in-transaction.ts'
import type { Projector } from './projector.ts'
import { replay } from './replay.ts'
import { hashTables, type TableHash } from './row-hash.ts'
import { openSession } from './session.ts'

/** One table, live and rebuilt, at the same position. */
export interface TableComparison {
  readonly table: string
  readonly live: TableHash
  readonly rebuilt: TableHash
  /** Also where it need not be the same (`remembered` of the projector). */
  readonly isEqual: boolean
}

const NONE: TableHash = { rows: 0, hash: '0' }

/**
 * Brings the new tables to where the live ones stand in one snapshot, and compares every table's rows. The live
 * projector goes on meanwhile: the snapshot is what does not move.
 */
export async function compareGenerations(
  client: ClientBase,
  projector: Projector,
  options: {
    readonly database: ClientConfig
    readonly log: EventLog
    readonly signal: AbortSignal
    readonly live: number
    readonly next: number
    /** Where the new tables stand: not beyond the live ones. */
    readonly from: Position
  },
): Promise<{ readonly position: Position; readonly tables: readonly TableComparison[] }> {
  const { log, signal, live, next, from } = options
  await using snapshot = await openSession(options.database, {
    applicationName: `pharos compare ${projector.name}`,
    statementTimeout: 30 * 60_000,
  })
  await useGeneration(snapshot.client, projector.name, live)
  // Awaited here: the session must outlive it.
  return await inTransaction(
    snapshot.client,
    async () => {
      const { position: until } = await readCheckpoint(snapshot.client)
      const [position, liveHashes] = await Promise.all([
        replay(client, projector, { log, signal, from, until }),
        hashTables(snapshot.client, generationSchema(projector.name, live)),
      ])
      const rebuiltHashes = await hashTables(client, generationSchema(projector.name, next))
      const tables = [...new Set([...liveHashes.keys(), ...rebuiltHashes.keys()])].map((table) => {
        const [of, rebuilt] = [liveHashes.get(table) ?? NONE, rebuiltHashes.get(table) ?? NONE]
        const isSame = of.rows === rebuilt.rows && of.hash === rebuilt.hash
        return { table, live: of, rebuilt, isEqual: isSame || projector.remembered?.includes(table) === true }
      })
      return { position, tables }
    },
    'isolation level repeatable read read only',
  )
}
