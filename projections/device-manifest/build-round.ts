import type { ClientBase } from 'pg'
import type { RetryLater } from '../retry-later.ts'
import { buildLocation } from './build-location.ts'
import type { ChunkStore } from './chunk-store.ts'
import { dirtyLocations } from './dirty-locations.ts'
import { type FleetSnapshot, withFleetSnapshot } from './fleet-snapshot.ts'
import { heldLocations } from './held-locations.ts'
import { forgetManifests, knownManifests, recordBuilt, recordManifests } from './manifest-ledger.ts'
import type { ManifestPorts } from './manifest-ports.ts'
import { deviceScope, locationScope } from './payload.ts'
import { recordPayloads } from './payload-ledger.ts'
import { publishManifests } from './publish-manifests.ts'
import { withoutLocation } from './without-location.ts'

/** Locations that are built from one snapshot: a long one keeps Postgres from clearing away dead rows. */
const MOST = 256
/** After so long no other location is begun in this snapshot, in milliseconds. */
const LONG = 5_000

export interface RoundContext {
  readonly ports: ManifestPorts
  /** Session of the builder's lock, which it writes its ledger with. */
  readonly ledger: ClientBase
  readonly store: ChunkStore
  readonly retry: RetryLater
  readonly alive: () => Promise<void>
  readonly signal: AbortSignal
}

/** What a round has left: `builtUntil` is set when every location that was dirty up to it is built, or waits in `retry`. */
export interface RoundResult {
  readonly epoch: string
  readonly position: number
  readonly isAllBuilt: boolean
  readonly held: number
}

/** Builds what is dirty, all as of one position. Answers `undefined` while there is no fleet. */
export async function buildRound(
  context: RoundContext & { readonly reader: ClientBase },
  builtUntil: { readonly epoch: string; readonly position: number },
): Promise<RoundResult | undefined> {
  const { ports, retry, signal } = context
  return withFleetSnapshot(context.reader, async (snapshot) => {
    const { epoch, sequence } = snapshot.at
    const held = await heldLocations(snapshot)
    const since = builtUntil.epoch === epoch ? builtUntil.position : -1
    const waiting = [...retry.keys(), ...held]
    const dirty = await dirtyLocations(snapshot, { builtUntil: since, except: waiting, most: MOST })
    const again = retry.due(ports.now()).filter((locationId) => !held.has(locationId))
    for (const locationId of held) retry.add(locationId)
    const started = performance.now()
    let left = dirty.length === MOST
    for (const locationId of [...again, ...dirty]) {
      signal.throwIfAborted()
      if (performance.now() - started > LONG) {
        left = true
        break
      }
      await buildOne(context, snapshot, locationId)
    }
    return { epoch, position: sequence, isAllBuilt: !left, held: held.size }
  })
}

/** A fault of one location is told, and does not keep the others from being built; an outage ends the tenure. */
async function buildOne(context: RoundContext, snapshot: FleetSnapshot, locationId: string): Promise<void> {
  const { ports, ledger, store, retry } = context
  const started = performance.now()
  const before = store.stored
  const content = await buildLocation({ ...context, snapshot }, locationId).catch((error: unknown) => {
    // Of what was read nothing is wrong but its size: everything else that is thrown here is an outage.
    if (!(error instanceof RangeError)) throw error
    retry.failed(locationId, ports.now())
    ports.reports.alarm?.({ locationId, error })
    return undefined
  })
  if (content === undefined) return
  const devices = [...new Set(content.devices.map(({ deviceId }) => deviceId))]
  const known = await knownManifests(ledger, locationId, devices)
  const others = known.map(({ deviceId }) => deviceId).filter((id) => !devices.some((deviceId) => deviceId === id))
  const gone = await withoutLocation(snapshot, [...new Set(others)])
  const scopes = [locationScope(locationId), ...[...devices, ...gone].map(deviceScope)]
  await recordPayloads(ledger, scopes, content.payloads, ports.now())
  const standing = await publishManifests(ports, content, known, snapshot.at)
  for (const deviceId of gone) await ports.manifests.remove(deviceId)
  await recordManifests(ledger, standing)
  await forgetManifests(ledger, gone)
  await recordBuilt(ledger, locationId, snapshot.at)
  retry.done(locationId)
  ports.reports.built?.({
    locationId,
    position: snapshot.at.sequence,
    chunks: store.stored.chunks - before.chunks,
    bytes: store.stored.bytes - before.bytes,
    manifests: standing.length,
    seconds: (performance.now() - started) / 1000,
  })
}
