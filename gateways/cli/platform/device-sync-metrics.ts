import type { Pool } from 'pg'
import type { Registry } from 'prom-client'
import { silentFor } from '../../../projections/queries/silent-for.ts'
import type { TotalKind } from '../../../projections/tables/sync-totals.ts'
import { DEVICE_SCHEMA_VERSION, deviceTables } from '../../../schemas/device-sync/device-tables.ts'
import { withinTime } from '../../within-time.ts'
import { lookGauges } from './look-gauges.ts'

/** For so many hours a device may be silent; an alarm takes one of these. */
const SILENT_HOURS = [1, 6, 24, 168] as const
const ANSWER_MS = 2_000

interface Look {
  readonly totals: readonly { readonly kind: TotalKind; readonly label: string; readonly total: string }[]
  readonly silent: readonly { readonly hours: number; readonly devices: string }[]
}

/**
 * Exposes what the audit of device sync counts, as Postgres has it: every process says the same, so take the maximum
 * over processes. Counts begin anew with each month (UTC), as a counter does when its process is restarted: the tables forget, and
 * a count that loses its oldest day would look like one that begins anew at its full height. Nothing while Postgres does not answer.
 */
export function exposeDeviceSync(registry: Registry, pool: Pool): void {
  const gauge = lookGauges(registry, () =>
    withinTime(
      look(pool).catch(() => undefined),
      ANSWER_MS,
    ),
  )
  const known: readonly string[] = (deviceTables.get(DEVICE_SCHEMA_VERSION) ?? []).map(({ name }) => name)

  const counted = (
    name: `pharos_${string}`,
    help: string,
    label: 'outcome' | 'table',
    kind: TotalKind,
    always: readonly string[],
  ) =>
    gauge(name, help, [label], (it, seen) => {
      if (seen === undefined) return
      for (const value of always) it.set({ [label]: value }, 0)
      for (const one of seen.totals) if (one.kind === kind) it.set({ [label]: one.label }, Number(one.total))
    })
  const outcomes = ['manifest', 'unchanged', 'not_built']
  counted(
    'pharos_sync_requests',
    'Requests of devices this month, by what was answered',
    'outcome',
    'requests',
    outcomes,
  )
  const results = ['Success', 'Failed']
  counted('pharos_sync_acks', 'Acknowledgements of devices this month, by result', 'outcome', 'acks', results)
  counted('pharos_sync_rows_added', 'Rows that new manifests had more, this month', 'table', 'rows-added', known)
  counted('pharos_sync_rows_removed', 'Rows that new manifests had fewer, this month', 'table', 'rows-removed', known)
  gauge(
    'pharos_sync_silent_devices',
    'Devices that may come in and have not said for so many hours that they are what they should be',
    ['hours'],
    (it, seen) => {
      for (const { hours, devices } of seen?.silent ?? []) it.set({ hours: String(hours) }, Number(devices))
    },
  )
}

async function look(pool: Pool): Promise<Look> {
  const [totals, silent] = await Promise.all([
    pool.query<Look['totals'][number]>(
      `select kind, label, sum(total) as total from pharos.sync_totals
       where day >= date_trunc('month', now(), 'UTC')
       group by kind, label`,
    ),
    pool.query<Look['silent'][number]>(
      `select hours, count(credential.device_id) as devices
       from unnest($1::int[]) as hours
       left join (
         pharos.device_credentials as credential
         left join pharos.sync_devices as said on said.device_id = credential.device_id
       ) on ${silentFor('make_interval(hours => hours)')}
       group by hours`,
      [SILENT_HOURS],
    ),
  ])
  return { totals: totals.rows, silent: silent.rows }
}
