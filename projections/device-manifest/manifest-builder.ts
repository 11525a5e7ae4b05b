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
import { collectPayloads, KEEP_PAYLOADS_MS } from './collect-payloads.ts'
import { noteGoneFromChunks, peopleInOldChunks } from './erased-people.ts'
import { fleetPosition } from './fleet-position.ts'
import type { ManifestPorts } from './manifest-ports.ts'
import { reconcileManifests } from './reconcile-manifests.ts'

/** Namespace "phdm" of the advisory lock: one builder at a time, the others stand by. */
const BUILDER_LOCK = 0x7068646d
/** Between two looks at whether the fleet has moved, in milliseconds. */
const LOOK_MS = 100
/** Between two collections, and two comparisons of ledger and stream, in milliseconds. */
const COLLECT_MS = 600_000
/** Between two looks at whether people were erased, in milliseconds. */
const FORGET_MS = 1_000
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

type BuildContext = RoundContext & Parameters<typeof buildRound>[0]

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
  await new Tenure({ ports, ledger, reader: reading.client, store, retry, alive, signal }, onBuilding).run()
}

const NOTHING_BUILT = { epoch: '', position: -1 }

/** One tenure of building: what was built last, and when what else is to be done was done last. */
class Tenure {
  readonly #context: BuildContext
  readonly #onBuilding: () => void
  #builtUntil = NOTHING_BUILT
  #collectedAt = -Infinity
  #forgotAt = -Infinity

  constructor(context: BuildContext, onBuilding: () => void) {
    this.#context = context
    this.#onBuilding = onBuilding
  }

  async run(): Promise<void> {
    const { ports, ledger, retry, signal } = this.#context
    while (!signal.aborted) {
      if (performance.now() - this.#collectedAt > COLLECT_MS) await this.#reconcile()
      if (performance.now() - this.#forgotAt > FORGET_MS) await this.#forgetPeople()
      const at = await fleetPosition(ledger)
      const { epoch, position } = this.#builtUntil
      const isNews = at !== undefined && (at.epoch !== epoch || at.position > position)
      const isDue = isNews || retry.due(ports.now()).length > 0
      if (isDue && !(await this.#round())) continue
      await sleep(LOOK_MS, undefined, { signal })
    }
  }

  /** False while something is left that is not built and does not wait for anything. */
  async #round(): Promise<boolean> {
    const { ports, retry } = this.#context
    const round = await buildRound(this.#context, this.#builtUntil)
    this.#onBuilding()
    if (round === undefined) return true
    const { epoch, position, held, isAllBuilt } = round
    ports.reports.progressed?.({ waiting: retry.size, held, position })
    if (isAllBuilt) this.#builtUntil = { epoch, position }
    return isAllBuilt
  }

  async #reconcile(): Promise<void> {
    const { ports, ledger } = this.#context
    const others = await reconcileManifests(ledger, ports.manifests, this.#context)
    const missing = await this.#collect(KEEP_PAYLOADS_MS)
    // What is to be built again was dirty before.
    if (others > 0 || missing > 0) this.#builtUntil = NOTHING_BUILT
    this.#collectedAt = performance.now()
  }

  /** What old chunks say of people who were erased waits for no day to pass. */
  async #forgetPeople(): Promise<void> {
    const { ledger, retry } = this.#context
    this.#forgotAt = performance.now()
    const people = await peopleInOldChunks(ledger)
    if (people.length === 0 || !(await this.#round()) || retry.size > 0) return
    await this.#collect(0)
    await noteGoneFromChunks(ledger, people)
  }

  /** Answers how many chunks were missing. */
  async #collect(keepMs: number): Promise<number> {
    const { ports, ledger, store, signal, alive } = this.#context
    const context = { ledger, objects: ports.objects, store, now: ports.now(), keepMs, signal, alive }
    const { removed, missing } = await collectPayloads(context)
    if (removed > 0) ports.reports.collected?.(removed)
    return missing
  }
}
