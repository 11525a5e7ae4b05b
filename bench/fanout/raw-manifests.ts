import { jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { applyTopology } from '../../infra/jetstream/apply-topology.ts'
import { streams } from '../../infra/streams.ts'
import { concurrently } from '../../projections/concurrently.ts'

const IN_FLIGHT = 128

/**
 * The ceiling: seconds that the server takes to store as many messages of the same size, each the only one of its subject
 * and sent by itself, in a twin of `MANIFESTS`.
 */
export async function rawManifestSeconds(connection: NatsConnection, messages: number, bytes: number): Promise<number> {
  const [manifests] = streams.filter(({ name }) => name === 'MANIFESTS')
  if (manifests === undefined) throw new Error('there is no stream MANIFESTS')
  await applyTopology(connection, [{ ...manifests, name: 'RAW', subjects: ['raw.>'] }])
  const client = jetstream(connection)
  const payload = new Uint8Array(bytes).fill(97)
  const subjects = Array.from({ length: messages }, (_, number) => `raw.device-${number}`)
  const publish = (subject: string) => client.publish(subject, payload)
  await concurrently(subjects, IN_FLIGHT, publish)
  const started = performance.now()
  await concurrently(subjects, IN_FLIGHT, publish)
  return (performance.now() - started) / 1000
}
