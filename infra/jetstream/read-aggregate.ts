import type { NatsConnection } from '@nats-io/transport-node'
import { decodeEvent } from '../../commands/decode-event.ts'
import { EventStoreUnavailable } from '../../commands/event-store.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { LeaderReads } from './leader-reads.ts'

export interface AggregateSource {
  readonly connection: NatsConnection
  readonly leader: LeaderReads
  readonly stream: string
  readonly pageSize: number
  readonly timeoutMs: number
}

/**
 * All events of one subject, oldest first, up to at least what the stream's leader held when asked. Pages come from
 * whichever replica answers, at the price of one request each; where one lags, the leader fills in.
 * @throws EventStoreUnavailable when NATS is away.
 */
export async function readAggregate(source: AggregateSource, subject: string): Promise<readonly RecordedEvent[]> {
  const [events, last] = await Promise.all([readPage(source, subject, 1), source.leader.last(subject)])
  const revision = last?.seq ?? 0
  for (;;) {
    const read = events.at(-1)?.sequence ?? 0
    if (read >= revision) return events
    const page = await readPage(source, subject, read + 1)
    events.push(...(page.length > 0 ? page : [await readFromLeader(source, subject, read + 1)]))
  }
}

/**
 * One page, in order and without a gap, but possibly short or empty: that says nothing about what the leader holds.
 * Asked by hand, since the client's own batch read leaves a subscription behind and can wait for ever.
 */
async function readPage(source: AggregateSource, subject: string, sequence: number): Promise<RecordedEvent[]> {
  const { connection, leader, stream, pageSize, timeoutMs } = source
  const query = JSON.stringify({ seq: sequence, next_by_subj: subject, batch: pageSize })
  try {
    return await leader.inTurn(async () => {
      const page: RecordedEvent[] = []
      const options = { strategy: 'sentinel', maxWait: timeoutMs } as const
      for await (const message of await connection.requestMany(`$JS.API.DIRECT.GET.${stream}`, query, options)) {
        if (message.data.length === 0) break
        page.push(decodeEvent(Number(message.headers?.get('Nats-Sequence')), subject, message.data))
      }
      return page
    })
  } catch (error) {
    if (error instanceof EventStoreUnavailable || error instanceof TypeError) throw error
    throw new EventStoreUnavailable(`${stream} cannot be read`, { cause: error })
  }
}

async function readFromLeader(source: AggregateSource, subject: string, sequence: number): Promise<RecordedEvent> {
  const message = await source.leader.next(subject, sequence)
  if (message === null) throw new EventStoreUnavailable(`${subject} ends before what the leader said`)
  return decodeEvent(message.seq, subject, message.data)
}
