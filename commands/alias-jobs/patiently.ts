import { setTimeout as sleep } from 'node:timers/promises'
import { EventStoreUnavailable } from '../event-store.ts'

/** How long a job waits for a log that does not answer, in milliseconds: longer than a server takes to start, or to be moved. */
const PATIENCE_MS = 600_000
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 5000

/** How long to go on, and what ends it before. */
export interface Patience {
  /** In milliseconds; ten minutes if left out. */
  readonly patienceMs?: number
  readonly signal: AbortSignal
}

/**
 * Tries until the result is one that stays, with pauses that grow. The log being away passes.
 * @returns the last result, also one that would have passed, when patience is at its end.
 * @throws EventStoreUnavailable likewise, what `signal` aborts with, and what else `attempt` throws.
 */
export async function patiently<T>(
  attempt: () => Promise<T>,
  passes: (result: T) => boolean,
  { patienceMs = PATIENCE_MS, signal }: Patience,
): Promise<T> {
  const deadline = performance.now() + patienceMs
  for (let tries = 0; ; tries++) {
    signal.throwIfAborted()
    try {
      const result = await attempt()
      if (!passes(result) || performance.now() > deadline) return result
    } catch (error) {
      if (!(error instanceof EventStoreUnavailable) || performance.now() > deadline) throw error
    }
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries) * (0.5 + Math.random() / 2)
    await sleep(pause, undefined, { signal })
  }
}

/** Reads of the log, tried again while it is away. */
export function readPatiently<T>(read: () => Promise<T>, patience: Patience): Promise<T> {
  return patiently(read, () => false, patience)
}
