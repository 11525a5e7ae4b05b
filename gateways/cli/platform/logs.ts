import type { NatsConnection } from '@nats-io/transport-node'
import { JetStreamEventLog } from '../../../infra/jetstream/jetstream-event-log.ts'
import type { EventLog } from '../../../projections/event-log.ts'
import type { Heads } from '../../../projections/lag.ts'
import type { Projector } from '../../../projections/projector.ts'
import { projectors } from './projectors.ts'

/** The streams that projectors read. */
export interface Logs {
  /** With what is known of people in the clear. */
  readonly events: EventLog
  /** As it is stored. */
  readonly sealed: EventLog
  /** Refused commands. */
  readonly audit: EventLog
}

export async function openLogs(connection: NatsConnection, events: EventLog): Promise<Logs> {
  return {
    events,
    sealed: await JetStreamEventLog.open(connection, 'EVENTS'),
    audit: await JetStreamEventLog.open(connection, 'AUDIT'),
  }
}

/** The stream that the projector reads, as it reads it. */
export function logOf({ stream, sealed }: Pick<Projector, 'stream' | 'sealed'>, logs: Logs): EventLog {
  if (stream === 'AUDIT') return logs.audit
  return sealed === true ? logs.sealed : logs.events
}

/** Where they end now. */
export async function headsOf(logs: Logs): Promise<Heads> {
  const [events, audit] = await Promise.all([logs.events.head(), logs.audit.head()])
  const others = projectors.filter(({ stream }) => stream === 'AUDIT').map(({ name }) => [name, audit] as const)
  return { ...events, others: new Map(others) }
}
