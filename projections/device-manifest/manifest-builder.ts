import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientConfig } from 'pg'
import { CANONICAL_SESSION } from '../../schemas/device-sync/rows.ts'
import { Backoff } from '../backoff.ts'
import { heartbeat } from '../heartbeat.ts'
import { leaseSettings } from '../ownership.ts'
import { PROJECTOR_TIMING } from '../projector-timing.ts'
import { RetryLater } from '../retry-later.ts'
import { openSession } from '../session.ts'
import { buildRound, type RoundContext } from './build-round.ts'
import { ChunkStore } from './chunk-store.ts'
import { collectPayloads } from './collect-payloads.ts'
import { fleetPosition } from './fleet-position.ts'
import type { ManifestPorts } from './manifest-ports.ts'
import { reconcileManifests } from './reconcile-manifests.ts'

/** Namespace "phdm" of the advisory lock: one builder at a time, the others stand by. */
const BUILDER_LOCK = 0x7068646d
/** Between two looks at whether the fleet has moved, in milliseconds. */
const LOOK_MS = 100
/** Between two collections, and two comparisons of ledger and stream, in milliseconds. */
const COLLECT_MS = 600_000
/** Longest that one statement of a build may run: a large table is read as fast as its chunks are stored. */
const READ_TIMEOUT = 600_000

export interface ManifestBuilderOptions {
  readonly database: ClientConfig
  readonly ports: ManifestPorts
  /** Names this process to people. */
  readonly owner: string
  readonly onReport?: (report: { readonly state: 'standby' | 'building' | 'away'; readonly error?: unknown }) => void
}

/**
 * Builds and publishes device manifests whenever the fleet's tables have changed, as the one builder or standing by.
 * Rides out outages. Resolves when `signal` aborts.
 */
export async function runManifestBuilder(options: ManifestBuilderOptions, signal: AbortSignal): Promise<void> {
  const backoff = new Backoff(PROJECTOR_TIMING.retry, PROJECTOR_TIMING.retryMost)
  while (!signal.aborted) {
    try {
      await tenure(options, signal, () => backoff.reset())
    } catch (error) {
      if (signal.aborted) return
      options.onReport?.({ state: 'away', error })
      await backoff.wait(signal)
    }
  }
}

async function tenure(
  { database, ports, owner, onReport }: ManifestBuilderOptions,
  signal: AbortSignal,
  onBuilding: () => void,
): Promise<void> {
  const applicationName = `pharos device_manifest ${owner}`.slice(0, 63)
  await using session = await openSession(database, {
    applicationName,
    statementTimeout: 60_000,
    settings: { ...leaseSettings(PROJECTOR_TIMING.lease), search_path: 'pharos_device_manifest' },
  })
  const ledger = session.client
  const locked = 'select pg_try_advisory_lock($1, 0) as taken'
  while (!(await ledger.query<{ taken: boolean }>(locked, [BUILDER_LOCK])).rows[0]?.taken) {
    onReport?.({ state: 'standby' })
    await sleep(PROJECTOR_TIMING.standby * (0.75 + Math.random() / 2), undefined, { signal })
  }
  await using reading = await openSession(database, {
    applicationName,
    statementTimeout: READ_TIMEOUT,
    settings: { ...CANONICAL_SESSION, enable_hashjoin: 'on', enable_mergejoin: 'on' },
  })
  onReport?.({ state: 'building' })
  const alive = heartbeat(ledger, PROJECTOR_TIMING.heartbeat)
  const store = new ChunkStore(ports.objects, ledger)
  const retry = new RetryLater([])
  await build({ ports, ledger, reader: reading.client, store, retry, alive, signal }, onBuilding)
}

const NOTHING_BUILT = { epoch: '', position: -1 }

async function build(context: RoundContext & Parameters<typeof buildRound>[0], onBuilding: () => void): Promise<void> {
  const { ports, ledger, store, retry, alive, signal } = context
  let keptAt = -Infinity
  let builtUntil = NOTHING_BUILT
  while (!signal.aborted) {
    if (performance.now() - keptAt > COLLECT_MS) {
      const others = await reconcileManifests(ledger, ports.manifests, { signal, alive })
      const collect = { ledger, objects: ports.objects, store, now: ports.now(), signal, alive }
      const { removed, missing } = await collectPayloads(collect)
      if (removed > 0) ports.reports.collected?.(removed)
      // What is to be built again was dirty before.
      if (others > 0 || missing > 0) builtUntil = NOTHING_BUILT
      keptAt = performance.now()
    }
    const at = await fleetPosition(ledger)
    const isNews = at !== undefined && (at.epoch !== builtUntil.epoch || at.position > builtUntil.position)
    if (isNews || retry.due(ports.now()).length > 0) {
      const round = await buildRound(context, builtUntil)
      onBuilding()
      if (round !== undefined) {
        const { epoch, position, held } = round
        ports.reports.progressed?.({ waiting: retry.size, held, position })
        if (!round.isAllBuilt) continue
        builtUntil = { epoch, position }
      }
    }
    await sleep(LOOK_MS, undefined, { signal })
  }
}
