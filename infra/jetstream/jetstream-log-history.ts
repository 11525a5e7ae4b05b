import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { decodeEvent } from '../../commands/decode-event.ts'
import type { EventStore } from '../../commands/event-store.ts'
import type { LogHistory } from '../../projections/as-of/log-history.ts'
import { ConnectionWatch } from './connection-watch.ts'
import { LeaderReads } from './leader-reads.ts'

const STREAM = 'EVENTS'
const TIMEOUT_MS = 2000

/** The store's log with single reads by sequence, which time travel finds its way with: of those, events as they are stored. */
export async function openLogHistory(store: EventStore, connection: NatsConnection): Promise<LogHistory> {
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: TIMEOUT_MS })
  const leader = new LeaderReads(manager, new ConnectionWatch(connection), STREAM)
  return {
    readAll: (options) => store.readAll(options),
    readAggregate: (subject) => store.readAggregate(subject),
    head: () => store.head(),
    async eventFrom(sequence) {
      const message = await leader.next('evt.>', Math.max(1, sequence))
      return message === null ? undefined : decodeEvent(message.seq, message.subject, message.data)
    },
  }
}
