import { jetstream, type JetStreamClient } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { ParkedMirror, ParkedNotice } from '../../projections/parked-mirror.ts'

const TIMEOUT_MS = 2_000

/** Stream `PARKED`: the newest notice of each parked event, on `parked.<projector>.<position>`, as JSON. */
export class JetStreamParkedMirror implements ParkedMirror {
  readonly #client: JetStreamClient

  constructor(connection: NatsConnection) {
    this.#client = jetstream(connection, { timeout: TIMEOUT_MS })
  }

  async tell(notice: ParkedNotice): Promise<void> {
    await this.#client.publish(`parked.${notice.projector}.${notice.position}`, JSON.stringify(notice))
  }
}
