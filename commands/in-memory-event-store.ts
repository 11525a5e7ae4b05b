import type { RecordedEvent } from '../schemas/envelope.ts'
import type { Epoch, Revision } from '../schemas/position.ts'
import { type AggregateSubject, guardSubject } from '../schemas/subjects.ts'
import { checkWrites } from './check-writes.ts'
import { decodeEvent } from './decode-event.ts'
import { encodeEvent } from './encode-event.ts'
import type { AppendResult, Conditions, EventStore, Write } from './event-store.ts'
import { subjectMatches } from './subject-matches.ts'

interface Stored {
  readonly sequence: number
  readonly subject: AggregateSubject
  readonly messageId: string
  readonly bytes: Uint8Array
}

/** The event store's contract in its plainest form: what a real store must answer, and a log for tests. Never `unavailable`. */
export class InMemoryEventStore implements EventStore {
  readonly #epoch: Epoch
  readonly #maxEventBytes: number
  /** `undefined`: the mark of a guard. */
  readonly #log: (Stored | undefined)[] = []
  readonly #guards = new Map<string, number>()
  readonly #aggregates = new Map<string, Stored[]>()
  #growth = Promise.withResolvers<void>()

  /** @param maxEventBytes largest encoded event; by default about what a NATS server takes. */
  constructor(epoch: Epoch, maxEventBytes = 1_047_552) {
    this.#epoch = epoch
    this.#maxEventBytes = maxEventBytes
  }

  async append(writes: readonly Write[], conditions: Conditions = {}): Promise<AppendResult> {
    checkWrites(writes, conditions)
    const { guards = [], seals = [] } = conditions
    const encoded = writes.map((write) => encodeEvent(write.envelope, this.#maxEventBytes))
    const revisions = writes.map((write) => this.#storedAt(write))
    if (revisions.every((revision) => revision !== undefined)) return { status: 'duplicate', revisions }
    for (const { subject, expectedRevision } of [...writes, ...guards]) {
      const actual = this.#last(subject)
      if (actual !== expectedRevision) return { status: 'conflict', subject, expected: expectedRevision, actual }
    }
    for (const { subject, lastGuard: expected } of seals) {
      const actual = this.#lastGuard(subject)
      if (actual !== expected) return { status: 'conflict', subject, expected, actual }
    }
    for (const { subject } of [...guards, ...seals]) this.#guards.set(guardSubject(subject), this.#log.push(undefined))
    const stored = writes.map((write, i) => this.#store(write, encoded[i] ?? new Uint8Array()))
    this.#growth.resolve()
    this.#growth = Promise.withResolvers()
    return { status: 'appended', revisions: stored }
  }

  async readAggregate(subject: AggregateSubject): Promise<readonly RecordedEvent[]> {
    return this.#of(subject).map(read)
  }

  async lastRevision(subject: AggregateSubject): Promise<Revision> {
    return this.#last(subject)
  }

  async lastGuard(subject: AggregateSubject): Promise<number> {
    return this.#lastGuard(subject)
  }

  async *readAll(options: Parameters<EventStore['readAll']>[0]): AsyncGenerator<RecordedEvent, void> {
    const { fromSequence, untilSequence = Infinity, subjects, signal } = options
    const aborted = Promise.withResolvers<void>()
    const abort = (): void => aborted.resolve()
    signal.addEventListener('abort', abort)
    try {
      for (let sequence = Math.max(1, fromSequence); sequence <= untilSequence; sequence++) {
        while (!signal.aborted && sequence > this.#log.length)
          await Promise.race([this.#growth.promise, aborted.promise])
        if (signal.aborted) return
        const stored = this.#log[sequence - 1]
        if (stored === undefined) continue
        if (subjects?.some((filter) => subjectMatches(filter, stored.subject)) ?? true) yield read(stored)
      }
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  async head(): Promise<{ epoch: Epoch; sequence: number }> {
    return { epoch: this.#epoch, sequence: this.#log.length }
  }

  /** A write that is in the log is the first of its aggregate after the revision it expected, or the last one at all. */
  #storedAt(write: Write): Revision | undefined {
    const stored = this.#of(write.subject)
    const next = stored.find(({ sequence }) => sequence > write.expectedRevision)
    return [next, stored.at(-1)].find((found) => found?.messageId === write.messageId)?.sequence
  }

  #store({ subject, messageId }: Write, bytes: Uint8Array): Revision {
    const stored: Stored = { sequence: this.#log.length + 1, subject, messageId, bytes }
    this.#log.push(stored)
    this.#aggregates.set(subject, [...this.#of(subject), stored])
    return stored.sequence
  }

  #of(subject: string): readonly Stored[] {
    return this.#aggregates.get(subject) ?? []
  }

  #lastGuard(subject: AggregateSubject): number {
    return this.#guards.get(guardSubject(subject)) ?? 0
  }

  #last(subject: string): Revision {
    return this.#of(subject).at(-1)?.sequence ?? 0
  }
}

/** Decoded anew each time, so that nobody can change what is stored. */
function read({ sequence, subject, bytes }: Stored): RecordedEvent {
  return decodeEvent(sequence, subject, bytes)
}
