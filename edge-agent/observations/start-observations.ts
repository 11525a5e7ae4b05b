import { setTimeout as sleep } from 'node:timers/promises'
import { newUlid } from '../../schemas/new-ulid.ts'
import { readObservation } from '../../schemas/read-observations.ts'
import { openStore, type StoreOptions } from '../store/open-store.ts'
import type { OutboxLimits, OutgoingObservation } from '../store/outbox.ts'
import type { StreamStore } from '../store/stream-store.ts'
import { streamUuid } from '../store/stream-uuid.ts'
import { ChannelSource, type ChannelSourceOptions } from './channel-source.ts'
import { followChannels, refreshAll } from './follow-channels.ts'
import { forwardOutbox } from './forward-outbox.ts'
import type { ObservationsStatus } from './observations-status.ts'

export interface ObservationsOptions {
  readonly store: StoreOptions
  /** Most that may wait for the link. */
  readonly limits?: OutboxLimits
  readonly source: ChannelSourceOptions
  /** UUIDs of the channels whose observations are kept here. */
  readonly follow: readonly string[]
  /** Between two looks for what is new, on the average, in milliseconds; 5,000 unless told. */
  readonly pollMs?: number
  /** Noted in the rows of channels that are followed; `central` unless told. */
  readonly provider?: string
  /** Something does not work at the moment; it is tried again. */
  readonly onError?: (error: unknown) => void
  /** The platform will never have so many of what was recorded here: they were counted, and are given up. */
  readonly onRefused?: (count: number, reason: string) => void
}

/** An observation made on this device. */
export interface LocalObservation {
  /** UUID of the channel. */
  readonly stream: string
  /** Decimal digits: a text, so that none is lost. */
  readonly value: string
  /** RFC 3339 with an offset; now unless told. */
  readonly observed_at?: string
  /** What tells it from all others of its channel; a new one unless told. Given again, it is one observation. */
  readonly id?: string
  readonly hash?: string
}

/** Observations on this device, running. Disposing of it stops everything; what waits stays on the disk. */
export interface RunningObservations extends AsyncDisposable {
  /** The local store: what is there can be read while the link is away. */
  readonly streams: StreamStore
  /**
   * Keeps an observation on the disk, to be sent in order when the link is there. Returns false if it was put in before.
   * @throws RangeError naming the field that is wrong, HostileUuid, StoreFull.
   */
  record(observation: LocalObservation): Promise<boolean>
  /** Asks the platform about every stream that is known here, and those that only have a table. @throws while it is away. */
  refreshAll(): Promise<{ readonly refreshed: number; readonly unknown: readonly string[] }>
  status(): Promise<ObservationsStatus>
}

/** Without anything put in, the outbox is looked at this often, in milliseconds. */
const LOOK_MS = 5_000

/** Opens the local store, follows channels, and forwards what was observed here. The platform need not be there. */
export async function startObservations(options: ObservationsOptions): Promise<RunningObservations> {
  const following = options.follow.map(streamUuid)
  const { streams, outbox } = await openStore(
    options.store,
    options.limits === undefined ? {} : { limits: options.limits },
  )
  const source = new ChannelSource(options.source)
  const stopping = new AbortController()
  const { signal } = stopping
  const state = {
    isLinked: false,
    error: null as string | null,
    followedAt: {} as Record<string, string>,
    stored: 0,
    lastRefusal: null as ObservationsStatus['lastRefusal'],
  }
  let arrived = Promise.withResolvers<void>()

  const linked = (): void => {
    state.isLinked = true
    state.error = null
  }
  const onError = (error: unknown): void => {
    state.isLinked = false
    state.error = error instanceof Error ? error.message : String(error)
    options.onError?.(error)
  }
  const onRefused = (count: number, reason: string): void => {
    state.lastRefusal = { at: new Date().toISOString(), count, reason }
    options.onRefused?.(count, reason)
  }
  const follow = followChannels(
    {
      source,
      streams,
      channels: following,
      pollMs: options.pollMs ?? 5_000,
      provider: options.provider ?? 'central',
      onPage(uuid, stored, isAtEnd) {
        linked()
        state.stored += stored
        if (isAtEnd) state.followedAt[uuid] = new Date().toISOString()
      },
      onError,
    },
    signal,
  )
  const forward = forwardOutbox({ source, outbox, onSent: linked, onRefused, onError, arrival }, signal)

  return {
    streams,
    async record(observation) {
      const kept = await outbox.put(checked(observation))
      arrived.resolve()
      return kept
    },
    refreshAll: () => refreshAll({ source, streams }, signal),
    async status() {
      return { ...state, followedAt: { ...state.followedAt }, following, outbox: await outbox.counts() }
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await Promise.all([follow, forward])
      await streams[Symbol.asyncDispose]()
    },
  }

  async function arrival(until: AbortSignal): Promise<void> {
    const waited = new AbortController()
    const late = sleep(LOOK_MS, undefined, { signal: AbortSignal.any([until, waited.signal]) }).catch(() => undefined)
    await Promise.race([arrived.promise, late])
    waited.abort()
    arrived = Promise.withResolvers()
  }
}

/** By the platform's own rules: what is kept here is taken there. @throws RangeError naming the field that is wrong, HostileUuid. */
function checked({ stream, ...said }: LocalObservation): OutgoingObservation {
  const { value, observed_at = new Date().toISOString(), id = newUlid(), hash } = said
  const read = readObservation({ value, observed_at, id, hash }, Infinity)
  if ('fault' in read) throw new RangeError(`${read.fault.field} ${read.fault.message}`)
  return {
    stream: streamUuid(stream),
    value,
    observed_at: read.observation.at,
    id,
    ...(hash === undefined ? {} : { hash }),
  }
}
