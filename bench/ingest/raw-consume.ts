import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'

/** Messages a second that one process takes from a durable consumer with `consume()` and acknowledges, and does nothing else with. */
export async function rawConsumeRate(connection: NatsConnection, count: number, signal: AbortSignal): Promise<number> {
  const manager = await jetstreamManager(connection)
  await manager.consumers.add('TELEMETRY', {
    durable_name: 'bench',
    ack_policy: AckPolicy.Explicit,
    max_ack_pending: 10_000,
  })
  try {
    const consumer = await jetstream(connection).consumers.get('TELEMETRY', 'bench')
    const messages = await consumer.consume({ max_messages: 5000 })
    const started = performance.now()
    let seen = 0
    for await (const message of messages) {
      message.ack()
      if (++seen === count) break
      if (seen % 10_000 === 0) signal.throwIfAborted()
    }
    await connection.flush()
    const seconds = (performance.now() - started) / 1000
    messages.stop()
    return count / seconds
  } finally {
    await manager.consumers.delete('TELEMETRY', 'bench')
  }
}
