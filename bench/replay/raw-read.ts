import { jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'

/** What the client library alone does: seconds that an ordered consumer takes for the first `events` messages, unread. */
export async function rawReadSeconds(connection: NatsConnection, events: number): Promise<number> {
  const consumer = await jetstream(connection).consumers.get('EVENTS')
  const started = performance.now()
  const messages = await consumer.consume({ max_messages: 500 })
  let read = 0
  for await (const _ of messages) if (++read === events) break
  const seconds = (performance.now() - started) / 1000
  messages.stop()
  await consumer.delete()
  return seconds
}
