import { jetstream, type JetStreamClient } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { decodeLogMessage } from '../../schemas/decode-log-message.ts'
import type { DeviceId } from '../../schemas/device-sync/manifest.ts'
import type { Envelope } from '../../schemas/envelope.ts'
import { isUnreadable } from '../../schemas/events/unreadable.ts'

const TIMEOUT_MS = 5_000
const PAGE = 250

/** What devices asked for and acknowledged: stream `SYNC`. */
export class JetStreamSyncEvidence {
  readonly #connection: NatsConnection
  readonly #client: JetStreamClient

  constructor(connection: NatsConnection) {
    this.#connection = connection
    this.#client = jetstream(connection, { timeout: TIMEOUT_MS })
  }

  /** Stored when it resolves; the same `id` again within two minutes is stored once. */
  async append(envelope: Envelope, id: string): Promise<void> {
    await this.#client.publish(envelope.subject, JSON.stringify(envelope), { msgID: id })
  }

  /** What a device was answered since then, oldest first, at most `most`; read from whichever replica answers. */
  async *answersTo(deviceId: DeviceId, since: Date, most: number): AsyncGenerator<Envelope, void> {
    const subject = `sync.request.${deviceId}`
    let from: object = { start_time: since.toISOString() }
    for (let given = 0; given < most;) {
      let last: number | undefined
      const page = Math.min(PAGE, most - given)
      const query = JSON.stringify({ ...from, next_by_subj: subject, batch: page })
      const options = { strategy: 'sentinel', maxWait: TIMEOUT_MS } as const
      for await (const message of await this.#connection.requestMany('$JS.API.DIRECT.GET.SYNC', query, options)) {
        if (message.data.length === 0) break
        last = Number(message.headers?.get('Nats-Sequence'))
        const event = decodeLogMessage(last, subject, message.data)
        given++
        if (!isUnreadable(event)) yield event.envelope
      }
      if (last === undefined) return
      from = { seq: last + 1 }
    }
  }
}
