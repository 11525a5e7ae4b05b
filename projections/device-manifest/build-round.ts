import type { ClientBase } from 'pg'
import type { RetryLater } from '../retry-later.ts'
import { buildLocation, type LocationContent } from './build-location.ts'
import type { ChunkStore } from './chunk-store.ts'
import { dirtyLocations } from './dirty-locations.ts'
import { type FleetSnapshot, withFleetSnapshot } from './fleet-snapshot.ts'
import { heldLocations } from './held-locations.ts'
import type { ManifestPorts } from './manifest-ports.ts'
import { settleLocations } from './settle-locations.ts'

/** Locations that are built from one snapshot: a long one keeps Postgres from clearing away dead rows. */
const MOST = 256
/** Locations, and devices of theirs, from which on what was built is published and recorded. */
const TOGETHER = 16
const DEVICES_TOGETHER = 1_000
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
    let built: Built[] = []
    for (const locationId of [...again, ...dirty]) {
      signal.throwIfAborted()
      if (performance.now() - started > LONG) {
        left = true
        break
      }
      const one = await buildOne(context, snapshot, locationId)
      if (one !== undefined) built.push(one)
      if (built.length < TOGETHER && devicesOf(built) < DEVICES_TOGETHER) continue
      await settle(context, snapshot, built)
      built = []
    }
    await settle(context, snapshot, built)
    return { epoch, position: sequence, isAllBuilt: !left, held: held.size }
  })
}

function devicesOf(built: readonly Built[]): number {
  return built.reduce((sum, { content }) => sum + content.devices.length, 0)
}

/** What a location's devices are to have, and what storing it took. */
interface Built {
  readonly content: LocationContent
  readonly chunks: number
  readonly bytes: number
  readonly seconds: number
}

/** A fault of one location is told, and does not keep the others from being built; an outage ends the tenure. */
async function buildOne(
  context: RoundContext,
  snapshot: FleetSnapshot,
  locationId: string,
): Promise<Built | undefined> {
  const { ports, store, retry } = context
  const started = performance.now()
  const before = store.stored
  try {
    const content = await buildLocation({ ...context, snapshot }, locationId)
    return {
      content,
      chunks: store.stored.chunks - before.chunks,
      bytes: store.stored.bytes - before.bytes,
      seconds: (performance.now() - started) / 1000,
    }
  } catch (error) {
    // Of what was read nothing is wrong but its size: everything else that is thrown here is an outage.
    if (!(error instanceof RangeError)) throw error
    retry.failed(locationId, ports.now())
    ports.reports.alarm?.({ locationId, error })
    return undefined
  }
}

async function settle(context: RoundContext, snapshot: FleetSnapshot, built: readonly Built[]): Promise<void> {
  if (built.length === 0) return
  const started = performance.now()
  const contents = built.map(({ content }) => content)
  const manifests = await settleLocations(context, snapshot, contents)
  const seconds = (performance.now() - started) / 1000
  for (const { content, ...took } of built) {
    const { locationId } = content
    context.retry.done(locationId)
    context.ports.reports.built?.({
      ...took,
      locationId,
      position: snapshot.at.sequence,
      manifests: manifests.get(locationId) ?? 0,
      seconds: took.seconds + seconds,
    })
  }
}
