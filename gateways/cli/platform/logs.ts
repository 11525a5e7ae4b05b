import type { NatsConnection } from '@nats-io/transport-node'
import { JetStreamEventLog } from '../../../infra/jetstream/jetstream-event-log.ts'
import { JetStreamTelemetryLog } from '../../../infra/jetstream/jetstream-telemetry-log.ts'
import type { MessageLog } from '../../../projections/audit/message-log.ts'
import type { EventLog } from '../../../projections/event-log.ts'
import type { Heads } from '../../../projections/lag.ts'
import type { Projector } from '../../../projections/projector.ts'
import { telemetry } from '../../../projections/telemetry/telemetry.ts'
import type { TelemetryLog } from '../../../projections/telemetry/telemetry-log.ts'
import { projectors } from './projectors.ts'

/** The streams that projectors read. */
export interface Logs {
  /** With what is known of people in the clear. */
  readonly events: EventLog
  /** As it is stored. */
  readonly sealed: MessageLog
  /** Refused commands. */
  readonly audit: MessageLog
  /** What devices asked for and acknowledged. */
  readonly sync: EventLog
  /** Observations: what the sink reads. */
  readonly telemetry: TelemetryLog
}

export async function openLogs(connection: NatsConnection, events: EventLog): Promise<Logs> {
  return {
    events,
    sealed: await JetStreamEventLog.open(connection, 'EVENTS'),
    audit: await JetStreamEventLog.open(connection, 'AUDIT'),
    sync: await JetStreamEventLog.open(connection, 'SYNC'),
    telemetry: await JetStreamTelemetryLog.open(connection),
  }
}

/** The stream that the projector reads, as it reads it. */
export function logOf({ stream, sealed }: Pick<Projector, 'stream' | 'sealed'>, logs: Logs): EventLog {
  if (stream !== undefined) return { AUDIT: logs.audit, SYNC: logs.sync }[stream]
  return sealed === true ? logs.sealed : logs.events
}

/** Where they end now. */
export async function headsOf(logs: Logs): Promise<Heads> {
  const [events, AUDIT, SYNC, observed] = await Promise.all([
    logs.events.head(),
    logs.audit.head(),
    logs.sync.head(),
    logs.telemetry.head(),
  ])
  const heads = { AUDIT, SYNC }
  const others = projectors.flatMap(({ name, stream }) =>
    stream === undefined ? [] : [[name, heads[stream]] as const],
  )
  return { ...events, others: new Map([...others, [telemetry.name, observed]]) }
}
