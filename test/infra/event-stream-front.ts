import { jetstreamManager } from '@nats-io/jetstream'
import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { EPOCH_KEY } from '../../infra/jetstream/epoch-key.ts'

/** What the front does with a message that an event store publishes. */
export type FrontRule =
  /** Hands it on to the stream, and the stream's acknowledgement back. */
  | 'pass'
  /** Hands it on, and loses the acknowledgement. */
  | 'lose-ack'
  /** Loses the message. */
  | 'lose-message'
  /** Answers this instead of the stream, if an answer is wanted; the stream gets nothing. */
  | { readonly answer: unknown }

export interface EventStreamFront {
  /** All that was published, in order: message id, batch id (or none), subject. */
  readonly seen: readonly { readonly id: string; readonly batch: string; readonly subject: string }[]
  /** How many tries (plain messages and commits of batches) there were. */
  tries(): number
}

/**
 * Stands between event stores and stream EVENTS of this account: the stream itself takes `in.>` and keeps it as `evt.>`.
 * @param rule for a message; called with the number of the try it belongs to, from 1.
 */
export async function eventStreamFront(
  connection: NatsConnection,
  rule: (attempt: number) => FrontRule,
): Promise<EventStreamFront> {
  const manager = await jetstreamManager(connection)
  await manager.streams.add({
    name: 'EVENTS',
    subjects: ['in.>'],
    subject_transform: { src: 'in.>', dest: 'evt.>' },
    allow_atomic: true,
    allow_direct: true,
    metadata: { [EPOCH_KEY]: '01JZZZZZZZZZZZZZZZZZZZZZZZ' },
  })
  const seen: { id: string; batch: string; subject: string }[] = []
  let tries = 0
  const follow = async (messages: AsyncIterable<Msg>): Promise<void> => {
    for await (const message of messages) {
      const { subject, data, headers, reply = '' } = message
      if (headers === undefined) continue
      seen.push({ id: headers.get('Nats-Msg-Id'), batch: headers.get('Nats-Batch-Id'), subject })
      const answered = rule(tries + 1)
      if (reply !== '') tries++
      if (answered === 'lose-message') continue
      if (typeof answered === 'object') {
        if (reply !== '') message.respond(JSON.stringify(answered.answer))
        continue
      }
      const wanted = answered === 'pass' && reply !== '' ? { reply } : {}
      connection.publish(subject.replace(/^evt\./, 'in.'), data, { headers, ...wanted })
    }
  }
  void follow(connection.subscribe('evt.>'))
  await connection.flush()
  return { seen, tries: () => tries }
}
