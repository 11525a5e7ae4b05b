import { jetstream, type JetStreamClient } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { RefusalSink } from '../../commands/refusals/refusal-sink.ts'
import type { Envelope } from '../../schemas/envelope.ts'

const TIMEOUT_MS = 2_000

/** Stream `AUDIT`: refused commands, on `audit.<context>.<verb>`. */
export class JetStreamRefusalSink implements RefusalSink {
  readonly #client: JetStreamClient

  constructor(connection: NatsConnection) {
    this.#client = jetstream(connection, { timeout: TIMEOUT_MS })
  }

  async store(envelope: Envelope): Promise<void> {
    await this.#client.publish(envelope.subject, JSON.stringify(envelope), { msgID: envelope.id })
  }
}
