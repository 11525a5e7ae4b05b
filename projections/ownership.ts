import type { ClientBase } from 'pg'

/** Namespaces of the advisory locks: "phpr" for a projector's owner, "phrb" for whoever rebuilds it. */
export const OWNER_LOCK = 0x70687072
export const REBUILD_LOCK = 0x70687262

/**
 * Session settings that make ownership a lease, kept by Postgres and with Postgres' clock. The owner writes on the
 * session that holds the lock, and says something on it well within the lease. A process that hangs, is stopped or cut off
 * says nothing: Postgres ends its session, which rolls back what it had begun and frees the lock for a standby. When it
 * wakes, its session is gone; and were it not, the checkpoint would not be where it left it (see moveCheckpoint).
 */
export function leaseSettings(leaseMs: number): Readonly<Record<string, string>> {
  return {
    idle_session_timeout: `${leaseMs}ms`,
    idle_in_transaction_session_timeout: `${leaseMs}ms`,
    tcp_keepalives_idle: '5',
    tcp_keepalives_interval: '2',
    tcp_keepalives_count: '3',
    lock_timeout: `${leaseMs}ms`,
  }
}

/** Takes the lock for as long as the session lasts, if nobody has it. */
export async function tryLock(client: ClientBase, lock: number, projector: string): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1, hashtext($2)) as taken', [
    lock,
    projector,
  ])
  return rows[0]?.taken === true
}

/**
 * Ends the session of an owner that froze while it was sending rows by COPY: Postgres waits for the rest for ever, and
 * none of its own timeouts counts there. Who was silent in the middle of it for longer than the lease is gone.
 */
export async function endFrozenOwner(
  client: ClientBase,
  lock: number,
  projector: string,
  leaseMs: number,
): Promise<void> {
  await client.query(
    `select pg_terminate_backend(pid)
     from pg_locks join pg_stat_activity using (pid)
     where locktype = 'advisory' and granted and pid <> pg_backend_pid()
       and pg_locks.database = (select oid from pg_database where datname = current_database())
       and classid = $1::bigint::oid and objid = (hashtext($2)::bigint & 4294967295)::oid
       and state = 'active' and wait_event = 'ClientRead'
       and query_start < clock_timestamp() - $3::float8 * interval '1 millisecond'`,
    [lock, projector, leaseMs],
  )
}
