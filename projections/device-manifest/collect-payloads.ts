import type { ClientBase } from 'pg'
import type { ChunkStore } from './chunk-store.ts'
import { forgetBuilt } from './manifest-ledger.ts'
import type { PayloadObjects } from './payload-objects.ts'

/** Pieces of a chunk that is not whole after so long never will be: whoever stored them has died. In milliseconds. */
const FRAGMENTS_MS = 3_600_000

/** How long a chunk is kept after nothing needs it, in milliseconds: whoever is fetching it may finish. */
export const KEEP_PAYLOADS_MS = 24 * 3_600_000

interface CollectContext {
  readonly ledger: ClientBase
  readonly objects: PayloadObjects
  readonly store: ChunkStore
  readonly now: number
  readonly keepMs: number
  readonly signal: AbortSignal
  readonly alive: () => Promise<void>
}

/**
 * Removes chunks that nothing has needed for `keepMs`, and what crashes left in the bucket; has locations built again
 * whose chunks are gone from it. To be called by the builder, between two rounds: it may need a released chunk again,
 * and must not find half of it. Answers how many chunks were removed, and how many were missing.
 */
export async function collectPayloads(
  context: CollectContext,
): Promise<{ readonly removed: number; readonly missing: number }> {
  const { ledger, objects, store, now, keepMs, signal, alive } = context
  // Before the ledger is read: what is stored meanwhile is then known to it.
  const stored = await objects.list()
  const { rows } = await ledger.query<{ sha256: string; released: boolean }>(
    'select sha256, coalesce(released_at <= $1, false) as released from chunks',
    [new Date(now - keepMs)],
  )
  const known = new Map(rows.map(({ sha256, released }) => [sha256, released]))
  const standing = new Set(stored.map(({ sha256 }) => sha256))
  const missing = [...known.keys()].filter((sha256) => !standing.has(sha256))
  await buildAgain(ledger, store, missing)
  const removable = stored
    .filter(({ sha256, storedAt }) => known.get(sha256) ?? storedAt <= now - keepMs)
    .map(({ sha256 }) => sha256)
  // The record first: an object without one is found again, a record without its object would be believed.
  await ledger.query('delete from chunks where sha256 = any ($1)', [removable])
  store.forget(removable)
  for (const sha256 of removable) {
    signal.throwIfAborted()
    // First: who has slept, and was replaced meanwhile, must not remove what the other has stored again.
    await alive()
    await objects.remove(sha256)
  }
  await alive()
  await objects.removeFragments(now - FRAGMENTS_MS)
  return { removed: removable.length, missing: missing.length }
}

/** Chunks that are recorded and not there: nothing of them is believed, and who needs them is built again. */
async function buildAgain(ledger: ClientBase, store: ChunkStore, missing: readonly string[]): Promise<void> {
  if (missing.length === 0) return
  const { rows } = await ledger.query<{ id: string }>(
    `select distinct coalesce(manifests.location_id, substr(scope, length('location:') + 1)) as id
     from chunk_references
     left join manifests on starts_with(scope, 'device:') and manifests.device_id = substr(scope, length('device:') + 1)
     where chunk_references.sha256 = any ($1)`,
    [missing],
  )
  await ledger.query('delete from chunks where sha256 = any ($1)', [missing])
  store.forget(missing)
  await forgetBuilt(
    ledger,
    rows.map(({ id }) => id),
  )
}
