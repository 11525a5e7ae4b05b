import type { ClientBase } from 'pg'
import { forgetBuilt, forgetManifests, recordManifests } from './manifest-ledger.ts'
import type { ManifestStore, StandingManifests } from './manifest-store.ts'

/** Devices whose records are compared at once. */
const SLICE = 1_000

/**
 * Makes the ledger say what stands in stream `MANIFESTS`, and has the locations built again of which it said something
 * else: after a crash between the two, a restored stream, or a builder that woke up when another had taken over.
 * Answers how many devices that was about.
 */
export async function reconcileManifests(
  ledger: ClientBase,
  manifests: ManifestStore,
  { signal, alive }: { readonly signal: AbortSignal; readonly alive: () => Promise<void> },
): Promise<number> {
  const { rows } = await ledger.query<{ id: string; location: string; revision: number }>(
    `select device_id as id, min(location_id) as location, max(revision)::float8 as revision
     from manifests group by device_id`,
  )
  const recorded = new Map(rows.map(({ id, ...record }) => [id, record]))
  let others = 0
  let slice: StandingManifests[] = []
  const locations = new Set<string>()
  const settle = async (): Promise<void> => {
    await recordManifests(ledger, slice)
    await forgetBuilt(ledger, [...locations])
    locations.clear()
    others += slice.length
    slice = []
  }
  for await (const standing of manifests.all(signal)) {
    const record = recorded.get(standing.deviceId)
    recorded.delete(standing.deviceId)
    if (record?.revision === standing.revision) continue
    slice.push(standing)
    for (const { filters } of standing.manifests) locations.add(filters.locationId)
    if (record !== undefined) locations.add(record.location)
    if (slice.length >= SLICE) await settle()
    await alive()
  }
  if (slice.length > 0) await settle()
  // What is recorded and stands nowhere.
  await forgetManifests(ledger, [...recorded.keys()])
  await forgetBuilt(ledger, [...new Set([...recorded.values()].map(({ location }) => location))])
  return others + recorded.size
}
