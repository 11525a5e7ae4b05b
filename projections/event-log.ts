import type { RecordedEvent } from '../schemas/envelope.ts'
import type { Position } from '../schemas/position.ts'

/** What projections need of the log of all events: to read it in order, and to know where it ends. */
export interface EventLog {
  /**
   * Every event from `fromSequence` on in log order, of `subjects` (NATS filters, `evt.alias.>`) if given. Ends when
   * `signal` aborts, or when all events up to `untilSequence` (inclusive) were given, even if none matched.
   */
  readAll(options: {
    readonly fromSequence: number
    readonly untilSequence?: number
    readonly subjects?: readonly string[]
    readonly signal: AbortSignal
  }): AsyncIterable<RecordedEvent>

  /**
   * As {@link readAll}, for a reader that keeps a pace of its own: nothing is fetched but when it asks, and then all that is
   * there by then, at most `most` events; if there is none, the next that comes. A log may leave it out.
   */
  readOnDemand?(options: {
    readonly fromSequence: number
    readonly subjects: readonly string[]
    readonly most: number
    readonly signal: AbortSignal
  }): AsyncIterable<readonly RecordedEvent[]>

  /** Epoch of the log, and the sequence of its last event (0: none). */
  head(): Promise<Position>
}
