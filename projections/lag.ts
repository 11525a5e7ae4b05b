import type { Pool } from 'pg'
import type { Position } from '../schemas/position.ts'
import { OWNER_LOCK } from './ownership.ts'

/**
 * How a projector stands, by Postgres' account; any process can ask.
 * `live`: owned, at the log's end. `catching-up`: owned, behind. `standby`: nobody owns it now. `failed`, `stale`
 * (must be rebuilt), `waiting` (for newer code): halted, and says so.
 */
export interface ProjectorStatus {
  readonly name: string
  readonly generation: number
  readonly version: number
  readonly state: 'live' | 'catching-up' | 'standby' | 'failed' | 'stale' | 'waiting'
  /** The process that owns it, as it named itself. */
  readonly owner: string | null
  readonly epoch: string | null
  readonly position: number
  readonly head: number
  readonly lagEvents: number
  /** Age in seconds of the newest moment up to which the tables hold everything; 0 at the log's end. */
  readonly lagSeconds: number
  /** Rows by table, as Postgres estimates them. */
  readonly rows: Readonly<Record<string, number>>
  readonly haltedAt: number | null
  readonly error: string | null
  /** Aggregates that it holds back; all others go on. */
  readonly held: number
}

/** Where a projector stands, read before anybody asks where its log ends. */
export interface Standing {
  readonly projector: string
  readonly generation: number
  readonly code_version: number
  readonly epoch: string | null
  readonly position: string
  readonly behind_seconds: number
  readonly halt: 'failed' | 'stale' | 'waiting' | null
  readonly halted_at: string | null
  readonly error: string | null
  readonly owner: string | null
  readonly is_owned: boolean
  readonly rows: Readonly<Record<string, number>> | null
  readonly held: string
}

/** Where the streams end that projectors read: `EVENTS`, and by projector those of the others. */
export type Heads = Position & { readonly others?: ReadonlyMap<string, Position> }

/**
 * Status of every installed projector. Where the logs end is asked when it is known where projectors stand: the other way round, one
 * that reads what was written in between would be ahead of its log, as after a loss.
 */
export async function projectorStatus(pool: Pool, headsOf: () => Promise<Heads>): Promise<readonly ProjectorStatus[]> {
  const standings = await readStandings(pool)
  return statusOf(standings, await headsOf())
}

/** The status of each, given where the logs end, which must have been asked after. */
export function statusOf(standings: readonly Standing[], heads: Heads): readonly ProjectorStatus[] {
  return standings.map((one) => status(one, heads.others?.get(one.projector) ?? heads))
}

/** Where every installed projector stands. */
export async function readStandings(pool: Pool): Promise<readonly Standing[]> {
  const { rows } = await pool.query<Standing>(
    `
    select
      checkpoint.projector, checkpoint.generation, checkpoint.code_version, checkpoint.epoch, checkpoint.position,
      checkpoint.halt, checkpoint.halted_at, checkpoint.error,
      greatest(0, extract(epoch from clock_timestamp() - coalesce(checkpoint.as_of, checkpoint.updated_at)))::float8
        as behind_seconds,
      owner.pid is not null as is_owned,
      owner.name as owner,
      tables.rows,
      (select count(*) from pharos.parked where parked.projector = checkpoint.projector) as held
    from pharos.projection_checkpoints as checkpoint
    left join lateral (
      -- The lock itself says who owns it; objid is hashtext() as unsigned.
      select pg_locks.pid, pg_stat_activity.application_name as name
      from pg_locks
      left join pg_stat_activity on pg_stat_activity.pid = pg_locks.pid
      where pg_locks.locktype = 'advisory' and pg_locks.granted
        and pg_locks.database = (select oid from pg_database where datname = current_database())
        and pg_locks.classid = $1::bigint::oid
        and pg_locks.objid = (hashtext(checkpoint.projector)::bigint & 4294967295)::oid
      limit 1
    ) as owner on true
    left join lateral (
      select json_object_agg(name, live) as rows
      from (
        -- The rows of partitions are those of their table, in whichever schema they are: TimescaleDB has one for its chunks.
        select coalesce(parent.relname, stat.relname) as name, sum(stat.n_live_tup)::float8 as live
        from pg_stat_all_tables as stat
        left join pg_inherits on pg_inherits.inhrelid = stat.relid
        left join pg_class as parent on parent.oid = pg_inherits.inhparent
        where coalesce(parent.relnamespace::regnamespace::text, stat.schemaname) = 'pharos_' || checkpoint.projector || '_v' || checkpoint.generation
          and stat.relname not in ('checkpoint', 'parked')
        group by 1
      ) as counted
    ) as tables on true
    order by checkpoint.projector`,
    [OWNER_LOCK],
  )
  return rows
}

function status(row: Standing, head: Position): ProjectorStatus {
  const position = Number(row.position)
  const isOtherLog = (row.epoch !== null && row.epoch !== head.epoch) || position > head.sequence
  const lagEvents = isOtherLog ? head.sequence : head.sequence - position
  const owned = lagEvents === 0 ? 'live' : 'catching-up'
  return {
    name: row.projector,
    generation: row.generation,
    version: row.code_version,
    state: isOtherLog ? 'stale' : (row.halt ?? (row.is_owned ? owned : 'standby')),
    owner: row.owner,
    epoch: row.epoch,
    position,
    head: head.sequence,
    lagEvents,
    lagSeconds: lagEvents === 0 ? 0 : row.behind_seconds,
    rows: row.rows ?? {},
    haltedAt: row.halted_at === null ? null : Number(row.halted_at),
    error: row.error,
    held: Number(row.held),
  }
}
