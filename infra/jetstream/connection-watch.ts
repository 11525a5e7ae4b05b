import type { NatsConnection } from '@nats-io/transport-node'
import { EventStoreUnavailable } from '../../commands/event-store.ts'

/**
 * Knows whether the connection is up, so that nobody waits for an answer that cannot come: the client itself would
 * let requests run into their timeouts. Watches until the connection closes for good; make it of a connection that is up.
 */
export class ConnectionWatch {
  readonly #connection: NatsConnection
  readonly #listeners = new Set<() => void>()
  #up = true

  constructor(connection: NatsConnection) {
    this.#connection = connection
    void this.#follow()
  }

  get isUp(): boolean {
    return this.#up && !this.#connection.isClosed() && !this.#connection.isDraining()
  }

  /** Calls back once per loss of the connection. @returns what ends that. */
  onDown(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * The work's own outcome, unless the connection is away or goes away before: then nobody knows what became of it.
   * @throws EventStoreUnavailable at once when the connection is lost.
   */
  async whileUp<T>(work: () => Promise<T>): Promise<T> {
    if (!this.isUp) throw new EventStoreUnavailable('not connected to NATS')
    const { promise: lost, reject } = Promise.withResolvers<never>()
    const stop = this.onDown(() => reject(new EventStoreUnavailable('the connection to NATS was lost')))
    try {
      return await Promise.race([work(), lost])
    } finally {
      stop()
    }
  }

  async #follow(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === 'reconnect') this.#up = true
      else if (status.type === 'disconnect' || status.type === 'close') this.#fall()
    }
    this.#fall()
  }

  #fall(): void {
    this.#up = false
    for (const listener of this.#listeners) listener()
  }
}
