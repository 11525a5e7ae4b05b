import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'

/** How a stream stands on the servers that hold it. */
export interface StreamHealth {
  readonly stream: string
  /** As many copies as there should be. */
  readonly replicas: number
  /** As many as have everything now, the leader's counted in. */
  readonly current: number
  readonly bytes: number
  readonly messages: number
  /** Beyond these the oldest messages are discarded; 0: never. */
  readonly maxBytes: number
  readonly maxAgeSeconds: number
}

/** Longest wait for one stream's account, in milliseconds. */
const ANSWER_MS = 2000

/** @returns those of the streams whose leader answers. */
export async function streamHealth(
  connection: NatsConnection,
  streams: readonly string[],
): Promise<readonly StreamHealth[]> {
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: ANSWER_MS })
  const asked = await Promise.allSettled(streams.map((stream) => manager.streams.info(stream)))
  return asked
    .filter((answer) => answer.status === 'fulfilled')
    .map(({ value: { config, cluster, state } }) => ({
      stream: config.name,
      replicas: config.num_replicas,
      current: 1 + (cluster?.replicas ?? []).filter(({ current, offline }) => current && !offline).length,
      bytes: state.bytes,
      messages: state.messages,
      maxBytes: Math.max(0, config.max_bytes),
      maxAgeSeconds: config.max_age / 1_000_000_000,
    }))
}
