import type { Consumer, ConsumerMessages, MaxMessages, ThresholdMessages } from '@nats-io/jetstream'
import { EventStoreUnavailable } from '../../commands/event-store.ts'

/** At the client's defaults a read stalls for 43 s when the consumer's server dies; with these for some seconds. */
const WAITS = { expires: 4_000, idle_heartbeat: 1_000 }

/** How many messages are asked for at once, and how many of them may be left when more are. */
export type Asking = Partial<MaxMessages & ThresholdMessages>

/**
 * Messages of an ordered consumer, in order and without gaps, until they are stopped. They end with an error when the
 * consumer is lost, and the reader opens another one after the last message that it saw: the stream may have been restored
 * meanwhile, and this be another epoch. Lost is also a consumer whose server is away: it lives on one node of a cluster, and
 * the client by itself would wait for that node for ever.
 */
export async function consumeOrdered(consumer: Consumer, asking: Asking = {}): Promise<ConsumerMessages> {
  const messages = await consumer.consume({ ...WAITS, ...asking, abort_on_missing_resource: true })
  void endWhenLost(consumer, messages)
  return messages
}

/** A heartbeat is missed by a reader that is busy, too: only who does not answer either is away. */
async function endWhenLost(consumer: Consumer, messages: ConsumerMessages): Promise<void> {
  for await (const { type } of messages.status()) {
    if (type !== 'heartbeats_missed') continue
    const lost = await consumer.info().then(
      () => undefined,
      (cause: unknown) => new EventStoreUnavailable('the consumer does not answer', { cause }),
    )
    if (lost !== undefined) messages.stop(lost)
  }
}
