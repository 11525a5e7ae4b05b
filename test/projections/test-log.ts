import { subjectMatches } from '../../commands/subject-matches.ts'
import type { MessageLog } from '../../projections/audit/message-log.ts'
import type { EventLog } from '../../projections/event-log.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { LogMessage } from '../../schemas/log-message.ts'
import type { Epoch, Position } from '../../schemas/position.ts'
import { EPOCH } from './alias-events.ts'

/** A log in memory whose events come when the test says so. */
export class TestLog implements MessageLog {
  epoch: Epoch = EPOCH
  /** Readers get nothing beyond this sequence, although it is there: a command that has come in part. */
  visibleUntil = Infinity
  #events: RecordedEvent[] = []
  #changed = Promise.withResolvers<void>()

  get events(): readonly RecordedEvent[] {
    return this.#events
  }

  /** Adds events, which must be numbered on from the last. */
  add(...events: readonly RecordedEvent[]): void {
    for (const event of events) {
      if (event.sequence !== this.#events.length + 1) throw new RangeError(`event ${event.sequence} is not next`)
      this.#events.push(event)
    }
    this.wake()
  }

  /** Another life of the log, with other events. */
  restore(epoch: Epoch, events: readonly RecordedEvent[]): void {
    this.epoch = epoch
    this.#events = [...events]
    this.wake()
  }

  wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  async head(): Promise<Position> {
    return { epoch: this.epoch, sequence: this.#events.length }
  }

  async *readMessages(options: Parameters<EventLog['readAll']>[0]): AsyncGenerator<readonly LogMessage[], void> {
    for await (const { sequence, subject, envelope } of this.readAll(options))
      yield [{ sequence, subject, data: Buffer.from(JSON.stringify(envelope)) }]
  }

  async *readAll(options: Parameters<EventLog['readAll']>[0]): AsyncGenerator<RecordedEvent, void> {
    const { fromSequence, untilSequence = Infinity, subjects = ['>'], signal } = options
    const aborted = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => aborted.resolve())
    for (let sequence = fromSequence; sequence <= untilSequence; sequence++) {
      while (!signal.aborted && sequence > Math.min(this.#events.length, this.visibleUntil))
        await Promise.race([this.#changed.promise, aborted.promise])
      const event = this.#events[sequence - 1]
      if (signal.aborted || event === undefined) return
      if (subjects.some((filter) => subjectMatches(filter, event.subject))) yield event
    }
  }
}
