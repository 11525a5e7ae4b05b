import { setImmediate as turn } from 'node:timers/promises'
import type { RecordedEvent } from '../schemas/envelope.ts'
import { commandSpan } from './command-boundary.ts'

/** After so many events, others get their turn. */
const TURN = 250

/** Reads the log as fast as it gives events, or, in batches of at most the bound, when events are wanted. */
export type LogReading =
  | { readonly ahead: AsyncIterable<RecordedEvent> }
  | { readonly onDemand: AsyncIterable<readonly RecordedEvent[]> }

/**
 * Reads the log on while the events before are being written, up to a bound, and gives them out by whole commands:
 * an event waits until its command's last event, or an event of another command, has come. Where the log is read on demand,
 * it is read on when somebody waits, or while it has more than one batch.
 */
export class ReadAhead {
  readonly #limit: number
  readonly #reading: Promise<void>
  readonly #stop = new AbortController()
  #events: RecordedEvent[] = []
  /** How many of the events are of commands that are complete. */
  #complete = 0
  /** Where the command of the newest event begins. */
  #newestCommand = 0
  /** As the signal says, which takes longer to ask. */
  #stopped = false
  #ended = false
  #error: { readonly cause: unknown } | undefined
  /** So many complete events the taker waits for. */
  #least = 1
  #arrived = Promise.withResolvers<void>()
  #room = Promise.withResolvers<void>()
  #full = Promise.withResolvers<void>()
  #isWanted = false
  #wanted = Promise.withResolvers<void>()

  /** `read` must end when its signal aborts. `limit`: most events that wait; more only to complete a command. */
  constructor(read: (signal: AbortSignal) => LogReading, signal: AbortSignal, limit: number) {
    this.#limit = limit
    const stop = AbortSignal.any([signal, this.#stop.signal])
    stop.addEventListener('abort', () => this.#wanted.resolve())
    const log = read(stop)
    this.#reading = this.#untilEnd('ahead' in log ? this.#pump(log.ahead) : this.#draw(log.onDemand))
  }

  /** Events that came but whose command is not known to be complete. */
  get held(): readonly RecordedEvent[] {
    return this.#events.slice(this.#complete)
  }

  /**
   * The next events, at most `max` but never less than one command. Waits up to `timeoutMs` milliseconds for `least` of
   * them, at most the bound. Empty when none came by then, or when the log was read to its end.
   * @throws what reading threw, after all complete commands before it were taken.
   */
  async take(max: number, timeoutMs: number, least = 1): Promise<readonly RecordedEvent[]> {
    if (this.#complete < least && !this.#ended) await this.#arrival(least, timeoutMs)
    if (this.#complete === 0 && this.#error !== undefined)
      throw new Error('the log cannot be read', { cause: this.#error.cause })
    return this.#remove(this.#endOfCommand(Math.min(max, this.#complete)))
  }

  /** Resolves after `timeoutMs` milliseconds, or sooner when no more events may wait or come. */
  async gather(timeoutMs: number): Promise<void> {
    if (!this.#ended) await within(this.#full.promise, timeoutMs)
  }

  /** Whether {@link take} would answer at once. */
  get isReady(): boolean {
    return this.#complete > 0
  }

  /** Whether reading has ended and all complete commands were taken. */
  get isDrained(): boolean {
    return this.#ended && this.#complete === 0
  }

  /**
   * The first `count` events, which were all that was held when the caller began to prove that nothing else of their command
   * can come. What has come since is of later commands, and nothing is proven of those.
   */
  takeHeld(count: number): readonly RecordedEvent[] {
    this.#complete = Math.max(this.#complete, count)
    return this.#remove(count)
  }

  async close(): Promise<void> {
    this.#stopped = true
    this.#stop.abort()
    this.#events = []
    this.#complete = 0
    this.#room.resolve()
    await this.#reading
  }

  async #untilEnd(reading: Promise<void>): Promise<void> {
    try {
      await reading
    } catch (error) {
      this.#error = { cause: error }
    }
    this.#ended = true
    this.#arrived.resolve()
    this.#full.resolve()
  }

  async #pump(source: AsyncIterable<RecordedEvent>): Promise<void> {
    let read = 0
    for await (const event of source) {
      if (this.#stopped) break
      this.#add(event)
      if (this.#complete >= this.#limit) await this.#untilRoom()
      // A log that has its events at hand must not keep the writer from sending what is ready.
      if (++read % TURN === 0) await turn()
    }
  }

  async #draw(source: AsyncIterable<readonly RecordedEvent[]>): Promise<void> {
    for await (const events of source) {
      if (this.#stopped) break
      for (const event of events) this.#add(event)
      if (this.#complete >= this.#limit) await this.#untilRoom()
      // Fewer than there could be are all that were there.
      if (events.length < this.#limit && !this.#isWanted) await this.#wanted.promise
    }
  }

  /** Only complete commands are waited for, so that a long command cannot wait for itself. */
  #untilRoom(): Promise<void> {
    this.#full.resolve()
    return this.#room.promise
  }

  #add(event: RecordedEvent): void {
    const events = this.#events
    const { first, last } = commandSpan(event)
    if (events.length > 0 && this.#newestCommand !== first) this.#complete = events.length
    this.#newestCommand = first
    events.push(event)
    if (event.sequence === last) this.#complete = events.length
    if (this.#complete < this.#least) return
    this.#arrived.resolve()
    this.#isWanted = false
  }

  async #arrival(least: number, timeoutMs: number): Promise<void> {
    this.#least = least
    this.#arrived = Promise.withResolvers()
    this.#isWanted = true
    this.#wanted.resolve()
    this.#wanted = Promise.withResolvers()
    await within(this.#arrived.promise, timeoutMs)
    this.#isWanted = false
  }

  /** `count`, moved on to where the command that it falls in ends. */
  #endOfCommand(count: number): number {
    const last = this.#events[count - 1]
    if (last === undefined) return 0
    const { last: end } = commandSpan(last)
    const beyond = this.#events.findIndex((event, index) => index >= count && event.sequence > end)
    return Math.min(beyond === -1 ? this.#complete : beyond, this.#complete)
  }

  #remove(count: number): readonly RecordedEvent[] {
    const taken = this.#events.slice(0, count)
    this.#events = this.#events.slice(count)
    this.#complete -= count
    if (!this.#ended) this.#full = Promise.withResolvers()
    this.#room.resolve()
    this.#room = Promise.withResolvers()
    return taken
  }
}

async function within(happens: Promise<void>, timeoutMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, timeoutMs)
  await Promise.race([happens, promise])
  clearTimeout(timer)
}
