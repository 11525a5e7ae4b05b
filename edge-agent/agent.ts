import type { Logger } from 'pino'
import type { Central, News } from './central/central.ts'
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

/** However long the interval: what may have been missed while central was away is asked for within this time. */
const TAKEN_IN_MS = 300_000

/** Why a sync begins. What comes by news may be newer than what a running one has asked for. */
export type Trigger = 'timer' | 'request' | News

/**
 * Follows the device's subject: syncs at the start, when central has news, when the link to it is back, some time after it
 * was started anew, by the clock, and when somebody asks. However many of these come at once, one sync is in flight.
 */
export class Agent {
  readonly #options: AgentOptions
  readonly #stopping = new AbortController()
  #flight: Promise<Outcome> | undefined
  #again: Trigger | undefined
  #timer: NodeJS.Timeout | undefined
  /** When the timer fires, by `performance.now()`. */
  #dueAt = Infinity
  /** News may have been missed that no sync has asked for yet. */
  #hasMissed = false
  /** Syncs in a row that came to no end, here or at central. */
  #failures = 0
  #endNews: (() => void) | undefined

  constructor(options: AgentOptions) {
    this.#options = options
  }

  start(): void {
    this.#endNews = this.#options.central.onNews((why) =>
      why === 'taken-in' ? this.#takenIn() : void this.trigger(why),
    )
    void this.trigger('timer')
  }

  /** Starts a sync, or joins the one in flight. After one that news came during another follows: it may have missed them. */
  trigger(why: Trigger): Promise<Outcome> {
    if (this.#flight === undefined) {
      clearTimeout(this.#timer)
      this.#flight = this.#fly(why)
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
    this.#hasMissed = false
    let outcome = await this.#once(why)
    for (; this.#again !== undefined && !signal.aborted;) {
      const next = this.#again
      this.#again = undefined
      outcome = await this.#once(next)
    }
    // At once, with nothing awaited in between: news that came then would be noted for a flight that is over.
    this.#flight = undefined
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

  /** With the whole fleet: they all ask, but not all now. */
  #takenIn(): void {
    this.#hasMissed = true
    if (this.#flight === undefined) this.#setTimer(this.#dueAt - performance.now())
  }

  /** What failed may be right again soon, as after a restart of Postgres; a refusal is central's last word for a while. */
  #setTimer(latest = Infinity): void {
    const { intervalMs, random } = this.#options
    if (this.#stopping.signal.aborted) return
    const soon = this.#failures === 0 ? Infinity : FIRST_RETRY_MS * 2 ** (this.#failures - 1)
    const next = nextDelay(Math.min(intervalMs, soon), random())
    const missed = this.#hasMissed ? Math.min(intervalMs, TAKEN_IN_MS) * random() : Infinity
    const delay = Math.max(0, Math.min(next, missed, latest))
    clearTimeout(this.#timer)
    this.#dueAt = performance.now() + delay
    this.#timer = setTimeout(() => void this.trigger('timer'), delay)
  }
}

/** Half to one and a half of the interval, so that a fleet that was switched on at one moment spreads over all of it. */
export function nextDelay(intervalMs: number, random: number): number {
  return intervalMs * (0.5 + random)
}
