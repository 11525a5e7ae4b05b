import { Backoff } from '../backoff.ts'
import type { Outbox } from '../store/outbox.ts'
import type { ChannelSource } from './channel-source.ts'

/** Observations that are sent at a time. */
const BATCH = 500
const RETRY_MS = 1_000
const RETRY_MOST_MS = 60_000

export interface ForwardOptions {
  readonly source: ChannelSource
  readonly outbox: Outbox
  /** Resolves when something may have been put in, or after a while. */
  readonly arrival: (signal: AbortSignal) => Promise<void>
  readonly onSent: () => void
  /** The platform will never have so many of what was sent; they are not sent again. */
  readonly onRefused: (count: number, reason: string) => void
  readonly onError: (error: unknown) => void
}

/**
 * Sends what waits, in order, until `signal` aborts. What was sent and not answered is sent again: the platform knows each
 * by its id, and stores it once. What it refuses is counted, told and left, so that it does not stop the others; a credential that it
 * refuses (401) may be renewed: until then everything waits.
 */
export async function forwardOutbox(options: ForwardOptions, signal: AbortSignal): Promise<void> {
  const { source, outbox, arrival, onSent, onRefused, onError } = options
  const backoff = new Backoff(RETRY_MS, RETRY_MOST_MS)
  while (!signal.aborted) {
    try {
      const waiting = await outbox.first(BATCH)
      const last = waiting.at(-1)
      if (last === undefined) await arrival(signal)
      else {
        const lines = waiting.map(({ observation }) => JSON.stringify(observation))
        const { accepted, refused, reason = 'it does not say why' } = await source.send(lines, signal)
        await outbox.done(last.place, { forwarded: accepted, refused })
        backoff.reset()
        onSent()
        if (refused > 0) onRefused(refused, reason)
      }
    } catch (error) {
      if (signal.aborted) return
      onError(error)
      await backoff.wait(signal)
    }
  }
}
