import type { NatsConnection } from '@nats-io/transport-node'
import type { Pool } from 'pg'
import { Counter, type Registry } from 'prom-client'
import type { StreamHealth } from '../../../infra/jetstream/stream-health.ts'
import { oldestOverdue } from '../../../projections/alias-expiry/oldest-overdue.ts'
import { openErasures } from '../../../projections/erasure/open-erasures.ts'
import type { ProjectorStatus } from '../../../projections/lag.ts'
import type { Config } from '../../../schemas/config.ts'
import { exposeDeviceSync } from './device-sync-metrics.ts'
import { lookGauges } from './look-gauges.ts'
import { unreadShare } from './unread-share.ts'
import { readinessOf } from './readiness.ts'
import type { Survey } from './survey.ts'
import { version } from './version.ts'

interface Parts {
  readonly registry: Registry
  readonly connection: NatsConnection
  readonly pool: Pool
  readonly roles: Config['PHAROS_ROLES']
  readonly survey: () => Promise<Survey>
  readonly streams: () => Promise<readonly StreamHealth[]>
}

const STATES = [
  'live',
  'catching-up',
  'standby',
  'failed',
  'stale',
  'waiting',
] as const satisfies readonly ProjectorStatus['state'][]

/**
 * Exposes how the installation stands, as any of its processes sees it when it is scraped: take the maximum or minimum
 * over processes, not the sum. Plus this process' version, roles and connections.
 */
export function exposeInstallation({ registry, connection, pool, roles, survey, streams }: Parts): void {
  const gauge = lookGauges(registry, survey)
  const streamGauge = lookGauges(registry, streams)
  gauge('pharos_ready', 'Whether the installation can do its work: 1 or 0', [], (it, seen) =>
    it.set(readinessOf(seen).ready ? 1 : 0),
  )
  gauge('pharos_server_up', 'Whether the server answers this process: 1 or 0', ['server'], (it, seen) => {
    it.set({ server: 'nats' }, seen.heads === undefined ? 0 : 1)
    it.set({ server: 'postgres' }, seen.isPostgresUp ? 1 : 0)
  })
  gauge('pharos_log_position', 'Sequence of the newest event in the log', ['epoch'], (it, { heads }) => {
    if (heads !== undefined) it.set({ epoch: heads.epoch }, heads.sequence)
  })
  gauge(
    'pharos_projector_lag_events',
    'Events between a projector and the end of the log',
    ['projector'],
    (it, seen) => {
      for (const { name, lagEvents } of seen.projectors ?? []) it.set({ projector: name }, lagEvents)
    },
  )
  gauge(
    'pharos_projector_lag_seconds',
    'Age of the moment up to which a projector has everything; 0 at the end of the log',
    ['projector'],
    (it, seen) => {
      for (const { name, lagSeconds } of seen.projectors ?? []) it.set({ projector: name }, lagSeconds)
    },
  )
  gauge(
    'pharos_projector_parked',
    'Aggregates that a projector holds back, since an event of theirs cannot be applied',
    ['projector'],
    (it, seen) => {
      for (const { name, held } of seen.projectors ?? []) it.set({ projector: name }, held)
    },
  )
  gauge(
    'pharos_projector_state',
    'State of a projector: 1 for the one it is in',
    ['projector', 'state'],
    (it, seen) => {
      const nobodys = seen.neverRun.map((name) => ({ name, state: 'standby' as const }))
      for (const { name, state: current } of [...(seen.projectors ?? []), ...nobodys])
        for (const state of STATES) it.set({ projector: name, state }, state === current ? 1 : 0)
    },
  )
  streamGauge('pharos_stream_replicas', 'Copies of a stream that there should be', ['stream'], (it, seen) => {
    for (const { stream, replicas } of seen) it.set({ stream }, replicas)
  })
  streamGauge('pharos_stream_replicas_current', 'Copies of a stream that have everything', ['stream'], (it, seen) => {
    for (const { stream, current } of seen) it.set({ stream }, current)
  })
  streamGauge('pharos_stream_bytes', 'Size of a stream, of one copy', ['stream'], (it, seen) => {
    for (const { stream, bytes } of seen) it.set({ stream }, bytes)
  })
  const both = lookGauges(registry, async () => ({ seen: await survey(), health: await streams() }))
  both(
    'pharos_telemetry_unread_share',
    'How much of what stream TELEMETRY can hold is not in Postgres yet; beyond 1 it is discarded unread',
    [],
    (it, { seen, health }) => it.set(unreadShare(seen, health)),
  )
  const erasureGauge = lookGauges(registry, () => openErasures(pool).catch(() => undefined))
  erasureGauge(
    'pharos_erasures_open_seconds',
    'Age of the oldest erasure whose key is not destroyed, or of which tables are not rewritten',
    ['step'],
    (it, open) => {
      for (const [step, seconds] of Object.entries(open ?? {})) it.set({ step }, seconds)
    },
  )
  const expiryGauge = lookGauges(registry, () => oldestOverdue(pool).catch(() => undefined))
  expiryGauge(
    'pharos_alias_expiry_overdue_seconds',
    'How long ago the alias expired that has had its row for the longest time since; 0: there is none',
    [],
    (it, overdue) => {
      if (overdue !== undefined) it.set(overdue)
    },
  )
  gauge('pharos_postgres_connections', 'Connections of the pool for queries', ['state'], (it) => {
    it.set({ state: 'idle' }, pool.idleCount)
    it.set({ state: 'busy' }, pool.totalCount - pool.idleCount)
    it.set({ state: 'waited-for' }, pool.waitingCount)
  })
  gauge('pharos_build_info', 'Version and roles of this process; always 1', ['version', 'roles'], (it) =>
    it.set({ version, roles: roles.join(',') }, 1),
  )
  exposeDeviceSync(registry, pool)
  void countReconnects(connection, registry)
}

async function countReconnects(connection: NatsConnection, registry: Registry): Promise<void> {
  const reconnects = new Counter({
    name: 'pharos_nats_reconnects_total',
    help: 'Times that the connection to NATS came back',
    registers: [registry],
  })
  for await (const { type } of connection.status()) if (type === 'reconnect') reconnects.inc()
}
