import { setTimeout as sleep } from 'node:timers/promises'
import type { EventStore } from '../../commands/event-store.ts'
import { subjectMatches } from '../../commands/subject-matches.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { Position } from '../../schemas/position.ts'
import { feedItem } from './feed-item.ts'
import { type FeedCommand, RecentCommands } from './recent-commands.ts'

/** Why a feed ends for a listener. `too_slow`: it fell behind what is kept. `restored`: the log has another epoch now. */
export class FeedEnded extends Error {
  override readonly name = 'FeedEnded'
  readonly reason: 'too_slow' | 'restored'

  constructor(reason: 'too_slow' | 'restored') {
    super(`the feed has ended: ${reason}`)
    this.reason = reason
  }
}

export interface EventFeedOptions {
  readonly log: Pick<EventStore, 'head' | 'readAll'>
  /** NATS filters of the events that it is about. */
  readonly subjects: readonly string[]
  /** How much of the newest events is kept for listeners, in characters of JSON. */
  readonly keep?: number
  /** Pause before the log is tried again, in milliseconds. */
  readonly retry?: number
  /** The log could not be read; it is tried again. */
  readonly onError: (error: unknown) => void
}

const KEEP = 8 * 1024 * 1024
const RETRY_MS = 500

/**
 * What happens in the log, live, for any number of listeners: one reader for all of them, whatever they listen to. A
 * listener who comes from the past has a reader of its own until it has caught up; one that falls behind what is kept is
 * cut off. Memory is bounded, however many listen and however slowly.
 */
export class EventFeed {
  readonly #options: EventFeedOptions
  readonly #stop = new AbortController()
  #tail: Promise<{ readonly head: Position; readonly recent: RecentCommands }> | undefined
  #reading: Promise<void> = Promise.resolve()
  #isRestored = false
  #arrived = Promise.withResolvers<void>()

  constructor(options: EventFeedOptions) {
    this.#options = options
  }

  /** The end of the newest command that listeners get. @throws EventStoreUnavailable before the log was ever read. */
  async position(): Promise<Position> {
    const { head, recent } = await this.#open()
    return { epoch: head.epoch, sequence: recent.end }
  }

  /** Where the log ends, which may be a little further. @throws EventStoreUnavailable */
  end(): Promise<Position> {
    return this.#options.log.head()
  }

  /**
   * Every command with an event after the sequence, in order and whole, without a gap or a repetition: the rest of a command,
   * if the sequence is within it. Waits for more; ends when `signal` aborts or the feed is closed.
   * @throws FeedEnded; EventStoreUnavailable while the past cannot be read.
   */
  async *follow(after: number, signal: AbortSignal): AsyncGenerator<FeedCommand, void> {
    const { recent } = await this.#open()
    const until = AbortSignal.any([signal, this.#stop.signal])
    const aborted = Promise.withResolvers<void>()
    until.addEventListener('abort', () => aborted.resolve())
    let at = after
    let isLive = false
    while (!until.aborted) {
      if (this.#isRestored) throw new FeedEnded('restored')
      if (at < recent.start) {
        if (isLive) throw new FeedEnded('too_slow')
        const { end } = recent
        for await (const command of this.#past(at, end, until)) yield command
        at = end
        continue
      }
      isLive = true
      const arrival = this.#arrived.promise
      const end = recent.end
      for (const command of recent.after(at)) {
        if (at < recent.start) break
        yield rest(command, at)
        at = command.end
      }
      // Nothing else of interest stands up to there, unless it was dropped meanwhile.
      if (at >= recent.start && end > at) yield { end: (at = end), items: [] }
      if (at >= recent.end) await Promise.race([arrival, aborted.promise])
    }
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#reading
  }

  /** From the first listener on, the newest events are read for all. */
  async #open() {
    this.#tail ??= this.#options.log.head().then(
      (head) => {
        const recent = new RecentCommands(head.sequence, this.#options.keep ?? KEEP)
        this.#reading = this.#read(head, recent)
        return { head, recent }
      },
      (error: unknown) => {
        this.#tail = undefined
        throw error
      },
    )
    return this.#tail
  }

  async #read(from: Position, recent: RecentCommands): Promise<void> {
    const { log, retry = RETRY_MS } = this.#options
    const { signal } = this.#stop
    while (!signal.aborted && !this.#isRestored) {
      try {
        // Another epoch's sequences mean other events.
        if ((await log.head()).epoch !== from.epoch) this.#isRestored = true
        else
          for await (const events of byCommand(log.readAll({ fromSequence: recent.end + 1, signal }), recent.end))
            this.#add(recent, events)
      } catch (error) {
        // Listeners wait meanwhile.
        this.#options.onError(error)
      }
      this.#arrived.resolve()
      await sleep(retry, undefined, { signal }).catch(() => undefined)
    }
  }

  #add(recent: RecentCommands, events: readonly RecordedEvent[]): void {
    recent.add(this.#command(events))
    this.#arrived.resolve()
    this.#arrived = Promise.withResolvers()
  }

  /** Commands after a sequence up to the end of one, from a reader that ends there. */
  async *#past(after: number, end: number, signal: AbortSignal): AsyncGenerator<FeedCommand, void> {
    const { log, subjects } = this.#options
    const range = { fromSequence: after + 1, untilSequence: end, subjects, signal }
    let events: RecordedEvent[] = []
    for await (const event of log.readAll(range)) {
      if (events[0] !== undefined && firstOf(events[0]) !== firstOf(event)) {
        yield this.#command(events)
        events = []
      }
      events.push(event)
    }
    if (signal.aborted) return
    yield { ...this.#command(events), end }
  }

  #command(events: readonly RecordedEvent[]): FeedCommand {
    const { subjects } = this.#options
    const items = events.filter(({ subject }) => subjects.some((filter) => subjectMatches(filter, subject)))
    return { end: events.at(-1)?.sequence ?? 0, items: items.map(feedItem) }
  }
}

/** What of a command stands after the sequence. */
function rest(command: FeedCommand, after: number): FeedCommand {
  return { end: command.end, items: command.items.filter(({ sequence }) => sequence > after) }
}

/** An unfiltered log cut into whole commands. The rest of one that had begun by `after` is one too. */
async function* byCommand(
  events: AsyncIterable<RecordedEvent>,
  after: number,
): AsyncGenerator<readonly RecordedEvent[], void> {
  let command: RecordedEvent[] = []
  for await (const event of events) {
    command.push(event)
    if (event.sequence - event.envelope.commandindex + event.envelope.commandcount - 1 > event.sequence) continue
    yield command.filter(({ sequence }) => sequence > after)
    command = []
  }
}

function firstOf({ sequence, envelope }: RecordedEvent): number {
  return sequence - envelope.commandindex
}
