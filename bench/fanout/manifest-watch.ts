import { DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { type NewestManifests, newestManifests } from '../../schemas/device-sync/newest-manifests.ts'

const STREAM = 'MANIFESTS'

export interface Published {
  /** Bytes of each device's message as stored, by its subject. */
  readonly bytes: ReadonlyMap<string, number>
  /** One of them. */
  readonly manifests: NewestManifests
}

/** Watches from now on; `published` resolves when so many different devices have a manifest that was stored since. */
export async function watchManifests(
  connection: NatsConnection,
  devices: number,
  signal: AbortSignal,
): Promise<{ readonly published: Promise<Published> }> {
  const manager = await jetstreamManager(connection)
  const { state } = await manager.streams.info(STREAM)
  const consumer = await jetstream(connection).consumers.get(STREAM, {
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: state.last_seq + 1,
  })
  const messages = await consumer.consume()
  const stop = (): void => messages.stop()
  signal.addEventListener('abort', stop, { once: true })
  return { published: collect() }

  async function collect(): Promise<Published> {
    const bytes = new Map<string, number>()
    for await (const message of messages) {
      bytes.set(message.subject, message.data.length)
      if (bytes.size < devices) continue
      signal.removeEventListener('abort', stop)
      setImmediate(stop)
      return { bytes, manifests: newestManifests.parse(message.json()) }
    }
    throw signal.reason
  }
}
