import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { AggregateSubject } from '../../schemas/subjects.ts'
import type { EventLog } from '../event-log.ts'

/** What time travel needs of the log: beside reading it in order, single events and single aggregates, quickly. */
export interface LogHistory extends EventLog {
  /** All events of one aggregate, oldest first. */
  readAggregate(subject: AggregateSubject): Promise<readonly RecordedEvent[]>

  /** The first event at or after the sequence, as it is stored; `undefined` when the log ends before it. */
  eventFrom(sequence: number): Promise<RecordedEvent | undefined>
}
