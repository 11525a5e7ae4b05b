import type { JetStreamManager, StoredMsg, StreamInfo } from '@nats-io/jetstream'
import { EventStoreUnavailable } from '../../commands/event-store.ts'
import type { ConnectionWatch } from './connection-watch.ts'
import { FewAtATime } from './few-at-a-time.ts'

/**
 * A thousand aggregates are asked for at once, more than once: a server that is short of time answers so many too late, and
 * drops all that wait when they are ten thousand. More than this at a time is no quicker.
 */
const AT_A_TIME = 64

/**
 * Reads that the stream's leader answers, and never a replica that lags behind it: what was acknowledged is seen.
 * Every read throws EventStoreUnavailable when the leader cannot be asked. Reads wait for each other: some at a time.
 */
export class LeaderReads {
  readonly #manager: JetStreamManager
  readonly #watch: ConnectionWatch
  readonly #stream: string
  readonly #turns = new FewAtATime(AT_A_TIME)

  constructor(manager: JetStreamManager, watch: ConnectionWatch, stream: string) {
    this.#manager = manager
    this.#watch = watch
    this.#stream = stream
  }

  /** The subject's last message, or null. */
  last(subject: string): Promise<StoredMsg | null> {
    return this.#ask(() => this.#manager.streams.getMessage(this.#stream, { last_by_subj: subject }))
  }

  /** The subject's first message at or after the sequence, or null. */
  next(subject: string, sequence: number): Promise<StoredMsg | null> {
    const query = { seq: sequence, next_by_subj: subject }
    return this.#ask(() => this.#manager.streams.getMessage(this.#stream, query))
  }

  /** The message of this sequence, or null. */
  at(sequence: number): Promise<StoredMsg | null> {
    return this.#ask(() => this.#manager.streams.getMessage(this.#stream, { seq: sequence }))
  }

  info(): Promise<StreamInfo> {
    return this.#ask(() => this.#manager.streams.info(this.#stream))
  }

  /** Any other read of the stream, in its turn among these. @throws what it throws. */
  inTurn<T>(read: () => Promise<T>): Promise<T> {
    return this.#turns.do(() => this.#watch.whileUp(read))
  }

  async #ask<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await this.inTurn(read)
    } catch (error) {
      if (error instanceof EventStoreUnavailable) throw error
      throw new EventStoreUnavailable(`${this.#stream} cannot be read`, { cause: error })
    }
  }
}
