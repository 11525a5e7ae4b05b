import type { Envelope, RecordedEvent } from '../schemas/envelope.ts'
import type { Epoch, Revision } from '../schemas/position.ts'
import type { AggregateSubject } from '../schemas/subjects.ts'

/** At most this many writes, guards and seals in one append: the limit of an atomic batch. */
export const MAX_WRITES = 1000

/** One event for one aggregate, stored only if the aggregate's last sequence is `expectedRevision` (0: none yet). */
export interface Write {
  readonly subject: AggregateSubject
  readonly expectedRevision: Revision
  /** Identifies this write for ever: hash(actor, commandId, subject). */
  readonly messageId: string
  readonly envelope: Envelope
}

/** An aggregate that the writes rest on and leave as it is: they are stored only if it stands at `expectedRevision`. */
export interface Guard {
  readonly subject: AggregateSubject
  readonly expectedRevision: Revision
}

/** An aggregate that nothing else may rest on: the writes are stored only if its last guard is the one at `lastGuard`. */
export interface Seal {
  readonly subject: AggregateSubject
  /** As {@link EventStore.lastGuard} said it. */
  readonly lastGuard: number
}

/** What must hold, beside the revisions of what is written, for an append to be stored. */
export interface Conditions {
  readonly guards?: readonly Guard[]
  readonly seals?: readonly Seal[]
}

export type AppendResult =
  /** Stored, contiguous, in the order given; `revisions[i]` belongs to `writes[i]`. */
  | { readonly status: 'appended'; readonly revisions: readonly Revision[] }
  /** These very writes are in the log already: a retry after a lost ack, be it one that the store made itself. */
  | { readonly status: 'duplicate'; readonly revisions: readonly Revision[] }
  /** Nothing stored: `subject` stands at `actual`; where it was sealed, its last guard does. */
  | {
      readonly status: 'conflict'
      readonly subject: AggregateSubject
      readonly expected: Revision
      readonly actual: Revision
    }
  /** The store cannot be reached, or did not answer in time: stored or not is unknown; the same writes may be sent again. */
  | { readonly status: 'unavailable'; readonly reason: string }

/** The log of all events. Expected outcomes are values; what rejects is a bug or an outage. */
export interface EventStore {
  /**
   * Stores all writes or none. 1 to {@link MAX_WRITES} writes, each to another aggregate; guards are on others, seals on
   * those that are written. A guard leaves a mark in the log, before the writes, which takes a sequence of its own and is no event.
   * @throws RangeError on no writes, too many, two to one aggregate, a guard on what is written, a seal on what is not,
   * or an event larger than the store takes.
   */
  append(writes: readonly Write[], conditions?: Conditions): Promise<AppendResult>

  /** All events of one aggregate, oldest first: at least those that {@link lastRevision} knows. */
  readAggregate(subject: AggregateSubject): Promise<readonly RecordedEvent[]>

  /** The aggregate's last sequence, asked of the stream's leader and never of a cache or a replica that lags; 0 if none. */
  lastRevision(subject: AggregateSubject): Promise<Revision>

  /** Sequence of the last guard or seal put on the aggregate, as the stream's leader has it; 0 if there was none. */
  lastGuard(subject: AggregateSubject): Promise<number>

  /**
   * Every event from `fromSequence` on in log order. Ends when `signal` aborts, or after `untilSequence` (inclusive) if given.
   * `subjects` are NATS filters (`evt.alias.>`). Reading on after EventStoreUnavailable, ask {@link head} for the epoch first.
   */
  readAll(options: {
    readonly fromSequence: number
    readonly untilSequence?: number
    readonly subjects?: readonly string[]
    readonly signal: AbortSignal
  }): AsyncIterable<RecordedEvent>

  /** Epoch of the log, and the sequence of its last event (0: none). */
  head(): Promise<{ readonly epoch: Epoch; readonly sequence: number }>
}

/** A store that is away. Thrown by reads only; an append answers `unavailable`. */
export class EventStoreUnavailable extends Error {
  override readonly name = 'EventStoreUnavailable'
}
