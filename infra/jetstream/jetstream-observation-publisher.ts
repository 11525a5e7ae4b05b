import { jetstream, type JetStreamClient } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'

const TIMEOUT_MS = 5_000

/** Publishes on stream `TELEMETRY`. */
export class JetStreamObservationPublisher {
  readonly #client: JetStreamClient

  constructor(connection: NatsConnection) {
    this.#client = jetstream(connection, { timeout: TIMEOUT_MS })
  }

  /** Resolves with the sequence of the message when the stream has stored it. @throws when it is not known to be stored. */
  async publish(subject: string, body: string): Promise<number> {
    return (await this.#client.publish(subject, body)).seq
  }
}
