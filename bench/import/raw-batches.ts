import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { applyTopology } from '../../infra/jetstream/apply-topology.ts'
import { publishAtomically } from '../../infra/jetstream/atomic-batch.ts'
import { streams } from '../../infra/streams.ts'
import type { AggregateSubject } from '../../schemas/subjects.ts'

const BATCH = 1000
const IN_FLIGHT = 3
const TIMEOUT_MS = 10_000

/**
 * The ceiling of imports: messages a second that the server stores as atomic batches of 1,000, three in flight, into a
 * twin of `EVENTS`. Every message is as large as the last event in `EVENTS`, has an id and expects a subject never used.
 */
export async function rawBatchesPerSecond(connection: NatsConnection, count: number): Promise<number> {
  const [events] = streams
  await applyTopology(connection, [{ ...events, name: 'RAW', subjects: ['raw.>'] }])
  const manager = await jetstreamManager(connection)
  const { state } = await manager.streams.info(events.name)
  const last = await manager.streams.getMessage(events.name, { seq: state.last_seq - 1 })
  if (last === null) throw new Error('EVENTS is empty: import first')
  const prefix = last.subject.replace(/^evt\./, 'raw.')
  const run = `${Date.now()}`
  let next = 0
  async function worker(): Promise<void> {
    while (next < count) {
      const first = next
      next += BATCH
      const writes = Array.from({ length: BATCH }, (_, i) => ({
        subject: `${prefix}-${run}-${first + i}` as AggregateSubject,
        expectedRevision: 0,
        messageId: `${run}-${first + i}`.padStart(43, 'm'),
        payload: last?.data ?? new Uint8Array(),
      }))
      const answer = (await publishAtomically(connection, writes, TIMEOUT_MS)).json<{ error?: object }>()
      if (answer.error !== undefined) throw new Error(`a raw batch was refused: ${JSON.stringify(answer.error)}`)
    }
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
  return next / ((performance.now() - started) / 1000)
}
