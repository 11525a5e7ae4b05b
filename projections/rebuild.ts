import type { ClientConfig } from 'pg'
import type { Position } from '../schemas/position.ts'
import { autovacuum } from './autovacuum.ts'
import { type Checkpoint, readCheckpoint } from './checkpoint.ts'
import { compareGenerations, type TableComparison } from './compare-generations.ts'
import { completeTables } from './complete-tables.ts'
import type { EventLog } from './event-log.ts'
import { existingGenerations, generationSchema, liveGeneration, tableNames, useGeneration } from './generation.ts'
import { installProjector } from './install.ts'
import { loadGeneration } from './load-generation.ts'
import { REBUILD_LOCK, tryLock } from './ownership.ts'
import { readHeld } from './parked.ts'
import type { Projector } from './projector.ts'
import { headWithin } from './read-log.ts'
import { replay } from './replay.ts'
import { openSession } from './session.ts'
import { dropGeneration, swapGenerations } from './swap-generations.ts'

export interface RebuildProgress {
  readonly phase: 'replaying' | 'indexing' | 'catching-up' | 'comparing' | 'swapping' | 'done'
  readonly position: number
  readonly head: number
}

export interface RebuildOptions {
  readonly database: ClientConfig
  readonly log: EventLog
  readonly signal: AbortSignal
  readonly onProgress?: (progress: RebuildProgress) => void
  /** Swap even if the new tables differ from the live ones: what a repair wants. Otherwise nothing is changed. */
  readonly acceptDifferences?: boolean
}

export type RebuildResult =
  /**
   * `tables` is empty where there was nothing to compare with: another code version or epoch, tables ahead of the log, or
   * tables that hold something back.
   */
  | {
      readonly status: 'swapped'
      readonly generation: number
      readonly position: Position
      readonly tables: readonly TableComparison[]
    }
  /** The live tables are not what the log gives. They were kept; the new ones are dropped. */
  | { readonly status: 'differs'; readonly tables: readonly TableComparison[] }
  | { readonly status: 'busy'; readonly message: string }

/** Rebuilding reads and writes for minutes on end: longer statements than a server of requests has. */
const STATEMENT_TIMEOUT = 30 * 60_000
const LOG_TIMEOUT = 5_000
/** Nothing shows the new tables before the swap, which waits for the disk again. */
const SETTINGS = {
  synchronous_commit: 'off',
  maintenance_work_mem: '256MB',
  // Of rows that are derived by sorting a full table: at the usual 4 MB by way of files, in four times the time.
  work_mem: '256MB',
  // Indexes are made side by side: each by several workers costs a sixth more, for merging what they sorted.
  max_parallel_maintenance_workers: '0',
  idle_in_transaction_session_timeout: '60s',
}

/**
 * Makes the projector's tables anew from the log, beside the live ones, and puts them in their place. Reads go on all
 * the while, and so does the live projector, which continues on the new tables. What a rebuild that was killed has left is
 * removed by the next. Rejects on an outage: nothing was changed then, begin again.
 */
export async function rebuildProjector(projector: Projector, options: RebuildOptions): Promise<RebuildResult> {
  const { log, signal } = options
  const open = () =>
    openSession(options.database, {
      applicationName: `pharos rebuild ${projector.name}`,
      statementTimeout: STATEMENT_TIMEOUT,
      settings: SETTINGS,
    })
  await using session = await open()
  const { client } = session
  if (!(await tryLock(client, REBUILD_LOCK, projector.name)))
    return { status: 'busy', message: `${projector.name} is being rebuilt by another process` }
  await installProjector(client, projector)
  const live = (await liveGeneration(client, projector.name)) ?? projector.version
  for (const generation of await existingGenerations(client, projector.name))
    if (generation !== live) await dropGeneration(client, projector.name, generation, signal)
  await useGeneration(client, projector.name, live)
  const before = await readCheckpoint(client)
  const head = await headWithin(log, LOG_TIMEOUT)
  const next = Math.max(live + 1, projector.version)

  const progress = (phase: RebuildProgress['phase'], position: number, end = head.sequence): void =>
    options.onProgress?.({ phase, position, head: end })
  const comparable = isComparable(projector, before, head) && (await readHeld(client)).size === 0
  const onPosition = (position: number): void => progress('replaying', position)
  // Not beyond the live tables, if they are to be compared at one and the same position.
  const until = comparable ? before.position : head.sequence
  const onFullTables = (statements: readonly string[]): Promise<void> =>
    completeTables(projector, next, statements, { ...options, settings: SETTINGS, statementTimeout: STATEMENT_TIMEOUT })
  await using second = await open()
  const loaded = await loadGeneration(client, projector, {
    beside: second.client,
    log,
    signal,
    generation: next,
    from: { epoch: head.epoch, sequence: 0 },
    until,
    onPosition,
    async complete(position) {
      progress('indexing', position)
      await onFullTables(projector.completion)
    },
  })
  const tables = await tableNames(client, generationSchema(projector.name, next))
  await onFullTables(tables.map((table) => `analyze ${table}`))
  await autovacuum(client, projector.name, next, 'on')

  progress('comparing', loaded.sequence)
  const compared = comparable
    ? await compareGenerations(client, projector, { ...options, live, next, from: loaded })
    : { position: loaded, tables: [] }
  if (compared.tables.some((table) => !table.isEqual) && options.acceptDifferences !== true) {
    await dropGeneration(client, projector.name, next, signal)
    return { status: 'differs', tables: compared.tables }
  }
  progress('catching-up', compared.position.sequence)
  const end = await headWithin(log, LOG_TIMEOUT)
  const caughtUp = await replay(client, projector, {
    log,
    signal,
    from: compared.position,
    until: end.sequence,
  })
  progress('swapping', caughtUp.sequence, end.sequence)
  await client.query('set synchronous_commit = on')
  const position = await swapGenerations(client, projector, { log, signal, live, next, from: caughtUp })
  await dropGeneration(client, projector.name, live, signal)
  progress('done', position.sequence, end.sequence)
  return { status: 'swapped', generation: next, position, tables: compared.tables }
}

/** Whether the live tables are meant to be what this code makes of this log. */
function isComparable(projector: Projector, live: Checkpoint, head: Position): boolean {
  return live.codeVersion === projector.version && live.epoch === head.epoch && live.position <= head.sequence
}
