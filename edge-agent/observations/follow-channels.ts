import { setTimeout as sleep } from 'node:timers/promises'
import { Backoff } from '../backoff.ts'
import type { StreamStore } from '../store/stream-store.ts'
import { type ChannelSource, SourceRefused } from './channel-source.ts'

/** Observations of one page: one transaction of the store. */
const PAGE = 500
const RETRY_MS = 1_000
const RETRY_MOST_MS = 60_000

export interface FollowOptions {
  readonly source: ChannelSource
  readonly streams: StreamStore
  /** UUIDs of the channels. */
  readonly channels: readonly string[]
  /** Between two looks for what is new, on the average, in milliseconds. */
  readonly pollMs: number
  /** Noted in the rows: where they come from. */
  readonly provider: string
  /** A page was stored; `stored` of it was new. */
  readonly onPage: (uuid: string, stored: number, isAtEnd: boolean) => void
  readonly onError: (error: unknown) => void
}

/**
 * Keeps the observations of some channels here, from the first on and in order of arrival, until `signal` aborts. Where it
 * was is kept with the rows, so that nothing is left out and nothing comes twice. Rides out every outage.
 */
export async function followChannels(options: FollowOptions, signal: AbortSignal): Promise<void> {
  const { channels, pollMs, onError } = options
  const backoff = new Backoff(RETRY_MS, RETRY_MOST_MS)
  while (!signal.aborted && channels.length > 0) {
    let failed = false
    for (const uuid of channels) {
      try {
        await catchUp(options, uuid, signal)
      } catch (error) {
        if (signal.aborted) return
        onError(error)
        // One channel that there is not (any more) keeps no other from being read.
        if (!(error instanceof SourceRefused && error.status === 404)) failed = true
      }
    }
    if (failed) await backoff.wait(signal)
    else {
      backoff.reset()
      await sleep(pollMs * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined)
    }
  }
}

async function catchUp(
  { source, streams, provider, onPage }: FollowOptions,
  uuid: string,
  signal: AbortSignal,
): Promise<void> {
  for (let isAtEnd = false; !isAtEnd && !signal.aborted;) {
    const cursor = await streams.getCursor(uuid)
    const { observations, nextCursor } = await source.arrivals(uuid, cursor, PAGE, signal)
    isAtEnd = observations.length < PAGE
    const stored =
      observations.length === 0
        ? 0
        : await streams.storeStreamObservations(uuid, observations, { provider, cursor: nextCursor })
    onPage(uuid, stored, isAtEnd)
  }
}

/** Brings what is known of every stream up to date; those that only have a table come in. Returns how many were. */
export async function refreshAll(
  { source, streams }: Pick<FollowOptions, 'source' | 'streams'>,
  signal: AbortSignal,
): Promise<{ readonly refreshed: number; readonly unknown: readonly string[] }> {
  const all = (await streams.getAllStreams()).map(({ uuid }) => uuid)
  // Streams that nothing is known of are stale since ever.
  const uuids = new Set([...all, ...(await streams.getStaleStreams(new Date(0)))])
  const unknown: string[] = []
  for (const uuid of uuids) {
    try {
      const { id: server_stream_id, name, secondary, meta, description } = await source.channel(uuid, signal)
      await streams.upsertStream({ uuid, server_stream_id, name, secondary, meta, description })
    } catch (error) {
      if (!(error instanceof SourceRefused && error.status === 404)) throw error
      unknown.push(uuid)
    }
  }
  return { refreshed: uuids.size - unknown.length, unknown }
}
