import type { Logger } from 'pino'
import type { Central } from './central/central.ts'
import type { Outcome } from './observe/sync-status.ts'

export interface AgentOptions {
  /** One sync. It must not throw for what can be expected, and end when the signal aborts. */
  readonly sync: (why: string, signal: AbortSignal) => Promise<Outcome>
  readonly central: Pick<Central, 'onNews'>
  /** Between two syncs by the clock, on the average, in milliseconds. */
  readonly intervalMs: number
  /** Longest that one sync may take, in milliseconds. */
  readonly timeoutMs: number
  /** From 0 to 1: by it devices that were started together drift apart. */
  readonly random: () => number
  readonly logger: Logger
}

/** After a failure, in milliseconds; then twice as long each time, up to the interval. */
const FIRST_RETRY_MS = 2000

/** Why a sync begins. What comes by news may be newer than what a running one has asked for. */
export type Trigger = 'timer' | 'wake' | 'connected' | 'request'

/**
 * Follows the device's subject: syncs at the start, when central has news, when it has come back, by the clock, and when
 * somebody asks. However many of these come at once, one sync is in flight.
 */
export class Agent {
  readonly #options: AgentOptions
  readonly #stopping = new AbortController()
  #flight: Promise<Outcome> | undefined
  #again: Trigger | undefined
  #timer: NodeJS.Timeout | undefined
  /** Syncs in a row that came to no end, here or at central. */
  #failures = 0
  #endNews: (() => void) | undefined

  constructor(options: AgentOptions) {
    this.#options = options
  }

  start(): void {
    this.#endNews = this.#options.central.onNews((why) => void this.trigger(why))
    void this.trigger('timer')
  }

  /** Starts a sync, or joins the one in flight. After one that news came during another follows: it may have missed them. */
  trigger(why: Trigger): Promise<Outcome> {
    if (this.#flight === undefined) {
      clearTimeout(this.#timer)
      this.#flight = this.#fly(why).finally(() => (this.#flight = undefined))
    } else if (why === 'wake' || why === 'connected') this.#again = why
    return this.#flight
  }

  /** Ends the sync in flight, whose work is rolled back. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the agent is stopping'))
    this.#endNews?.()
    clearTimeout(this.#timer)
    await this.#flight
  }

  async #fly(why: Trigger): Promise<Outcome> {
    const { signal } = this.#stopping
    let outcome = await this.#once(why)
    for (; this.#again !== undefined && !signal.aborted;) {
      const next = this.#again
      this.#again = undefined
      outcome = await this.#once(next)
    }
    this.#failures = outcome.status === 'failed' || outcome.status === 'away' ? this.#failures + 1 : 0
    this.#setTimer()
    return outcome
  }

  async #once(why: Trigger): Promise<Outcome> {
    const { sync, timeoutMs, logger } = this.#options
    const late = AbortSignal.timeout(timeoutMs)
    try {
      return await sync(why, AbortSignal.any([this.#stopping.signal, late]))
    } catch (error) {
      logger.error({ err: error }, 'a sync ended as it never should')
      return { status: 'failed', message: error instanceof Error ? error.message : String(error) }
    }
  }

  /** What failed may be right again soon, as after a restart of Postgres; a refusal is central's last word for a while. */
  #setTimer(): void {
    const { intervalMs, random } = this.#options
    if (this.#stopping.signal.aborted) return
    const soon = this.#failures === 0 ? Infinity : FIRST_RETRY_MS * 2 ** (this.#failures - 1)
    this.#timer = setTimeout(() => void this.trigger('timer'), nextDelay(Math.min(intervalMs, soon), random()))
  }
}

/** Half to one and a half of the interval, so that a fleet that was switched on at one moment spreads over all of it. */
export function nextDelay(intervalMs: number, random: number): number {
  return intervalMs * (0.5 + random)
}
