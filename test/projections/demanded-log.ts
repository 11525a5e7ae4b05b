import type { EventLog } from '../../projections/event-log.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import { TestLog } from './test-log.ts'

/** A log in memory that can be read on demand. */
export class DemandedLog extends TestLog {
  /** Sequence of the last event that was given on demand. */
  given = 0

  async *readOnDemand({
    most,
    ...options
  }: Parameters<NonNullable<EventLog['readOnDemand']>>[0]): AsyncGenerator<readonly RecordedEvent[], void> {
    for await (const { sequence } of this.readAll(options)) {
      // The first that is waited for comes with all that are there by then.
      if (sequence <= this.given) continue
      const events = this.events.slice(this.given, Math.min(this.given + most, this.visibleUntil))
      this.given += events.length
      yield events
    }
  }
}
