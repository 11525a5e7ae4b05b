import { type ClientBase, type ClientConfig, DatabaseError, escapeIdentifier } from 'pg'
import { dropScratchesOf } from '../as-of/scratch.ts'
import { existingGenerations, generationSchema, liveGeneration } from '../generation.ts'
import { REBUILD_LOCK, tryLock } from '../ownership.ts'
import type { Projector } from '../projector.ts'
import { openSession } from '../session.ts'
import { dropGeneration } from '../swap-generations.ts'

/** A table of millions of people takes its time. */
const STATEMENT_TIMEOUT = 10 * 60_000
/** Readers wait as long for their table at most, before it is even begun. */
const LOCK_TIMEOUT = '3s'
const INSUFFICIENT_PRIVILEGE = '42501'

/**
 * Rewrites every table that shows people, so that deleted rows leave no bytes in its files: a vacuum alone gives their
 * room free, and keeps what stands there. Drops what was kept of the past, and what a killed rebuild has left. Then a
 * checkpoint, if this user may, so that Postgres removes the files. Returns false when a rebuild is under way: later.
 * @throws what Postgres says when it was not done; it does no harm to begin again.
 */
export async function scrubTables(
  projectors: readonly Projector[],
  database: ClientConfig,
  signal: AbortSignal,
): Promise<boolean> {
  const shown = projectors.filter(({ personal }) => personal !== undefined)
  if (shown.length === 0) return true
  await using session = await openSession(database, {
    applicationName: 'pharos scrub',
    statementTimeout: STATEMENT_TIMEOUT,
    settings: { lock_timeout: LOCK_TIMEOUT },
  })
  const { client } = session
  for (const { name } of shown) if (!(await tryLock(client, REBUILD_LOCK, name))) return false
  await dropScratchesOf(
    client,
    shown.map(({ name }) => name),
  )
  for (const { name, personal = {} } of shown) {
    const live = await liveGeneration(client, name)
    for (const generation of await existingGenerations(client, name))
      if (generation !== live) await dropGeneration(client, name, generation, signal)
    if (live === undefined) continue
    const schema = generationSchema(name, live)
    for (const table of Object.keys(personal)) {
      signal.throwIfAborted()
      await client.query(`vacuum (full) ${schema}.${escapeIdentifier(table)}`)
    }
  }
  await checkpoint(client)
  return true
}

async function checkpoint(client: ClientBase): Promise<void> {
  try {
    // What the log of the database holds is on its way out as well: the next checkpoint but one needs none of it.
    await client.query('select pg_switch_wal()')
    await client.query('checkpoint')
  } catch (error) {
    if (!(error instanceof DatabaseError && error.code === INSUFFICIENT_PRIVILEGE)) throw error
  }
}
