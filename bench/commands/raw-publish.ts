import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { applyTopology } from '../../infra/jetstream/apply-topology.ts'
import { streams } from '../../infra/streams.ts'

/** Publishes one message that is stored only as the first of its subject, and waits for the acknowledgement. */
export type RawPublish = () => Promise<void>

/**
 * The ceiling of commands: plain `js.publish`, one by one, with an expected last subject sequence and a message id, into
 * a twin of `EVENTS`. Every message is as large as the last event in `EVENTS`.
 */
export async function rawPublisher(connection: NatsConnection): Promise<RawPublish> {
  const [events] = streams
  await applyTopology(connection, [{ ...events, name: 'RAW', subjects: ['raw.>'] }])
  const manager = await jetstreamManager(connection)
  const { state } = await manager.streams.info(events.name)
  const last = await manager.streams.getMessage(events.name, { seq: state.last_seq })
  if (last === null) throw new Error('EVENTS is empty: send a command first')
  const body = last.data
  const prefix = last.subject.replace(/^evt\./, 'raw.')
  const client = jetstream(connection, { timeout: 10_000 })
  let number = 0
  return async () => {
    const msgID = `${++number}`.padStart(43, 'm')
    await client.publish(`${prefix}-${number}`, body, { msgID, expect: { lastSubjectSequence: 0 } })
  }
}
