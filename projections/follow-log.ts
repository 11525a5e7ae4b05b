import type { RecordedEvent } from '../schemas/envelope.ts'
import type { Position } from '../schemas/position.ts'
import { attendParked } from './attend-parked.ts'
import { checkLineage } from './check-lineage.ts'
import type { Checkpoint } from './checkpoint.ts'
import { commandSpan } from './command-boundary.ts'
import type { EventLog } from './event-log.ts'
import { Halted } from './halted.ts'
import type { HeldAggregates } from './held-aggregates.ts'
import { knownEvents } from './known-events.ts'
import type { ParkedMirror } from './parked-mirror.ts'
import { projectBatch } from './project-batch.ts'
import type { Projector } from './projector.ts'
import type { ProjectorTiming } from './projector-timing.ts'
import type { Publisher } from './publication.ts'
import { type LogReading, ReadAhead } from './read-ahead.ts'
import { eventsBetween, headWithin } from './read-log.ts'
import type { Session } from './session.ts'

/** Most events in one transaction, and most that are read ahead of it. */
const MAX_BATCH = 2_000
/** Longest that tables which change without a pause stay unpublished, in milliseconds. */
const MOST_UNPUBLISHED = 1_000
/** So many looks in a row at a log whose events do not come: the reader is deaf, begin a new one. */
const DEAF_AFTER = 20

/** Follows the log with one generation's tables, on the session that owns them. One instance is one tenure. */
export class LogFollower {
  readonly #projector: Projector
  readonly #session: Session
  readonly #log: EventLog
  readonly #timing: ProjectorTiming
  readonly #mirror: ParkedMirror | undefined
  readonly #onMove: (to: Position, isAtEnd: boolean) => void
  readonly #publisher: Publisher | undefined
  #published = { at: 0, took: 0 }
  readonly #onHeld: (held: HeldAggregates) => void
  #at: Position
  #held: HeldAggregates
  /** Somebody may be left to tell of a parked event. */
  #isTold = false
  #attendedAt = -Infinity
  #heartbeatAt = 0
  #missed = 0
  #appliedAt = -Infinity

  constructor(options: {
    readonly projector: Projector
    readonly session: Session
    readonly log: EventLog
    readonly timing: ProjectorTiming
    /** Where the session's checkpoint stands, and what is held back there. */
    readonly from: Position
    readonly held: HeldAggregates
    readonly mirror: ParkedMirror | undefined
    readonly onMove: (to: Position, isAtEnd: boolean) => void
    /** Shows the tables elsewhere: after each batch, and before the next changes them. */
    readonly publisher?: Publisher | undefined
    readonly onHeld: (held: HeldAggregates) => void
  }) {
    this.#projector = options.projector
    this.#session = options.session
    this.#log = options.log
    this.#timing = options.timing
    this.#at = options.from
    this.#held = options.held
    this.#mirror = options.mirror
    this.#onMove = options.onMove
    this.#publisher = options.publisher
    this.#onHeld = options.onHeld
  }

  /** Resolves when `signal` aborts. @throws LostOwnership, Halted, or what an outage throws. */
  async run(signal: AbortSignal): Promise<void> {
    const reader = new ReadAhead((stop) => this.#open(stop), signal, MAX_BATCH)
    try {
      await this.#publish()
      while (!signal.aborted) {
        await this.#attend(signal)
        await this.#keepPace(reader)
        const events = await reader.take(MAX_BATCH, this.#timing.idle)
        if (events.length > 0) await this.#advance(events)
        else if (reader.isDrained) throw signal.aborted ? signal.reason : new Error('the log ended its events')
        else await this.#settle(reader)
        if (!reader.isReady || this.#isPublicationDue()) await this.#publish()
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      await reader.close()
    }
  }

  #open(signal: AbortSignal): LogReading {
    const { subjects, pace } = this.#projector
    const range = { fromSequence: this.#at.sequence + 1, subjects, signal }
    const onDemand = pace === undefined ? undefined : this.#log.readOnDemand?.({ ...range, most: MAX_BATCH })
    return onDemand === undefined ? { ahead: this.#log.readAll(range) } : { onDemand }
  }

  async #publish(): Promise<void> {
    const started = performance.now()
    await this.#publisher?.publish(this.#at)
    const at = performance.now()
    this.#published = { at, took: at - started }
  }

  /** While events wait, publishing takes a quarter of the time at most, so that a backlog is coalesced. */
  #isPublicationDue(): boolean {
    return performance.now() - this.#published.at >= Math.min(3 * this.#published.took, MOST_UNPUBLISHED)
  }

  async #advance(events: readonly RecordedEvent[]): Promise<void> {
    const { known, unknown } = knownEvents(this.#projector, events)
    const last = known.at(-1)
    if (last !== undefined) await this.#apply(known, last.sequence, last.envelope.time)
    if (unknown === undefined) return
    const { type } = unknown.envelope
    throw new Halted('waiting', unknown.sequence, `${this.#projector.name} does not know ${type}: newer code must run`)
  }

  /** What comes after a while is applied at once; what comes in a stream, in batches. */
  async #keepPace(reader: ReadAhead): Promise<void> {
    const left = this.#appliedAt + (this.#projector.pace ?? 0) - performance.now()
    if (left > 0) await reader.gather(left)
  }

  async #apply(events: readonly RecordedEvent[], to: number, asOf: string): Promise<void> {
    const batch = { events, from: this.#at, to, asOf, held: this.#held }
    this.#hold(await projectBatch(this.#session.client, this.#projector, batch))
    this.#appliedAt = performance.now()
    this.#moved(to, false)
  }

  /** While nothing is parked there is nothing to attend to, and no query for it. */
  async #attend(signal: AbortSignal): Promise<void> {
    const isDue = performance.now() - this.#attendedAt > this.#timing.attend
    if (!isDue || (this.#held.size === 0 && this.#isTold)) return
    const { client } = this.#session
    const parts = { client, projector: this.#projector, log: this.#log, mirror: this.#mirror, at: this.#at }
    const { held, isTold } = await attendParked({ ...parts, held: this.#held, signal })
    this.#hold(held)
    this.#isTold = isTold
    this.#attendedAt = performance.now()
  }

  #hold(held: HeldAggregates): void {
    if (held === this.#held) return
    this.#held = held
    this.#isTold = false
    this.#onHeld(held)
  }

  /**
   * Nothing came for a while. Reads where the log ends first; then, if a bounded read up to there gives no more than the
   * events held back, there is nothing else, and the checkpoint moves to the end. So a quiet projector is never behind.
   */
  async #settle(reader: ReadAhead): Promise<void> {
    const asOf = new Date().toISOString()
    const head = await headWithin(this.#log, this.#timing.log)
    const { client } = this.#session
    checkLineage(this.#projector, { ...this.#checkpoint, codeVersion: this.#projector.version }, head)
    const beat = performance.now() - this.#heartbeatAt > this.#timing.heartbeat
    if (head.sequence === this.#at.sequence) {
      if (beat) await projectBatch(client, this.#projector, { events: [], from: this.#at, to: head.sequence, asOf })
      this.#moved(head.sequence, true, beat)
      return
    }
    const held = reader.held
    const range = { from: this.#at.sequence + 1, until: head.sequence, subjects: this.#projector.subjects }
    const pending = await eventsBetween(this.#log, range, held.length, this.#timing.log)
    const isWhole = held[0] === undefined || commandSpan(held[0]).last <= head.sequence
    if (pending?.length === held.length && isWhole) {
      const events = reader.takeHeld(held.length)
      if (events.length > 0) await this.#advance(events)
      await this.#apply([], head.sequence, asOf)
      this.#moved(head.sequence, true)
    } else if (++this.#missed > DEAF_AFTER) throw new Error('the log has events that its reader does not give')
  }

  get #checkpoint(): Pick<Checkpoint, 'epoch' | 'position' | 'generation'> {
    return { epoch: this.#at.epoch, position: this.#at.sequence, generation: 0 }
  }

  #moved(to: number, isAtEnd: boolean, wrote = true): void {
    this.#at = { epoch: this.#at.epoch, sequence: to }
    this.#missed = 0
    if (wrote) this.#heartbeatAt = performance.now()
    this.#onMove(this.#at, isAtEnd)
  }
}
