import { setTimeout as sleep } from 'node:timers/promises'

/** Waits that double from `first` to `most` milliseconds, each with jitter, so that a whole fleet does not come at once. */
export class Backoff {
  readonly #first: number
  readonly #most: number
  #next: number

  constructor(first: number, most: number) {
    this.#first = first
    this.#most = most
    this.#next = first
  }

  /** It went well: the next wait is short again. */
  reset(): void {
    this.#next = this.#first
  }

  /** Resolves after the wait, or at once when `signal` aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    const duration = this.#next * (0.5 + Math.random() / 2)
    this.#next = Math.min(this.#next * 2, this.#most)
    await sleep(duration, undefined, { signal }).catch(() => undefined)
  }
}
