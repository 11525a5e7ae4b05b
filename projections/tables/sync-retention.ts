import type { ProjectionTransaction } from '../projection-transaction.ts'

/**
 * Days that the tables of device sync keep, by the events' own time: fewer than stream `SYNC` keeps, so that a rebuild of what
 * the stream still has gives what a live owner has.
 */
export const KEPT_DAYS = 370
const DAY_MS = 86_400_000

/** The beginning of the day of a moment, ISO in UTC as all times here: texts of one form, which compare as times do. */
export function dayOf(time: string): string {
  return new Date(Math.floor(Date.parse(time) / DAY_MS) * DAY_MS).toISOString()
}

/** Before which nothing is kept once something of `time` has come. */
export function horizonAt(time: string): string {
  return dayOf(new Date(Date.parse(time) - KEPT_DAYS * DAY_MS).toISOString())
}

export const CREATE_SYNC_HORIZON = `
  -- Nothing older is kept. Moves by whole days, with what comes.
  create table sync_horizon (
    one boolean primary key default true check (one),
    horizon timestamptz not null
  );`

const H = '(select horizon from sync_horizon)'

/** What is older than the horizon goes; the state of a device forgets what it rests on. Each stands alone. */
export const EXPIRE: readonly string[] = [
  `delete from sync_requests where requested_at < ${H}`,
  `delete from sync_acknowledgements where acknowledged_at < ${H}`,
  `delete from sync_manifests where handed_on < ${H}`,
  `delete from sync_outcomes where day < ${H}`,
  `delete from sync_deltas where day < ${H}`,
  `with gone as (
     delete from sync_devices where greatest(last_request_at, last_ack_at) < ${H} returning device_id
   )
   update sync_devices set
     last_request_at = case when last_request_at >= ${H} then last_request_at end,
     last_ack_at = case when last_ack_at >= ${H} then last_ack_at end,
     last_result = case when last_ack_at >= ${H} then last_result end,
     last_good_at = case when last_good_at >= ${H} then last_good_at end,
     handed_counts = case
       when handed_at is null or handed_at < ${H} then '{}'
       when counted_at >= ${H} then handed_counts
     end,
     counted_at = case when counted_at >= ${H} then counted_at end,
     handed_manifest_id = case when handed_at >= ${H} then handed_manifest_id end,
     handed_at = case when handed_at >= ${H} then handed_at end
   where least(last_request_at, last_ack_at, last_good_at, handed_at, counted_at) < ${H}
     and device_id not in (select device_id from gone)`,
]

/** The horizon as it stands; '' before the first event. */
export async function readHorizon(transaction: ProjectionTransaction): Promise<string> {
  const rows = await transaction.query<{ horizon: string }>(
    `select to_char(horizon at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as horizon from sync_horizon`,
    [],
  )
  return rows[0]?.horizon ?? ''
}

/** Moves it on, and lets go of what is beyond; a bulk load does that once, at its end, by {@link EXPIRE}. */
export async function moveHorizon(horizon: string, transaction: ProjectionTransaction): Promise<void> {
  await transaction.query(
    `insert into sync_horizon (horizon) values ($1) on conflict (one) do update set horizon = excluded.horizon`,
    [horizon],
  )
  if (!transaction.bulk) for (const piece of EXPIRE) await transaction.query(piece, [])
}
