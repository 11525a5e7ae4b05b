import type { NatsConnection } from '@nats-io/transport-node'
import { JetStreamEventLog } from '../../../infra/jetstream/jetstream-event-log.ts'
import { JetStreamTelemetryLog } from '../../../infra/jetstream/jetstream-telemetry-log.ts'
import type { EventLog } from '../../../projections/event-log.ts'
import type { Heads } from '../../../projections/lag.ts'
import type { Projector } from '../../../projections/projector.ts'
import { telemetry } from '../../../projections/telemetry/telemetry.ts'
import type { TelemetryLog } from '../../../projections/telemetry/telemetry-log.ts'
import { projectors } from './projectors.ts'

/** The streams that projectors read. */
export interface Logs {
  readonly events: EventLog
  /** Refused commands. */
  readonly audit: EventLog
  /** Observations: what the sink reads. */
  readonly telemetry: TelemetryLog
}

export async function openLogs(connection: NatsConnection, events: EventLog): Promise<Logs> {
  const [audit, telemetryLog] = await Promise.all([
    JetStreamEventLog.open(connection, 'AUDIT'),
    JetStreamTelemetryLog.open(connection),
  ])
  return { events, audit, telemetry: telemetryLog }
}

/** The stream that the projector reads. */
export function logOf({ stream }: Pick<Projector, 'stream'>, logs: Logs): EventLog {
  return stream === 'AUDIT' ? logs.audit : logs.events
}

/** Where they end now. */
export async function headsOf(logs: Logs): Promise<Heads> {
  const [events, audit, observed] = await Promise.all([logs.events.head(), logs.audit.head(), logs.telemetry.head()])
  const others = projectors.filter(({ stream }) => stream === 'AUDIT').map(({ name }) => [name, audit] as const)
  return { ...events, others: new Map([...others, [telemetry.name, observed]]) }
}
