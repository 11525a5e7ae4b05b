import { DatabaseError } from 'pg'

/**
 * Whether Postgres failed to do what it was asked for a reason that passes: it is away, shutting down, out of
 * resources, or was waiting for a lock. Anything else is the asker's fault. (A session that ended may say anything; but
 * then nothing can be written on it either, be it that somebody is at fault.)
 */
export function isOutage(error: unknown): boolean {
  if (error instanceof DatabaseError)
    return PASSING.has(error.code?.slice(0, 2) ?? '') || error.code === LOCK_NOT_AVAILABLE
  return error instanceof Error && error.message === 'Query read timeout'
}

/** SQLSTATE classes: connection, rollback (deadlock), resources, operator intervention (shutdown, timeout), system. */
const PASSING = new Set(['08', '40', '53', '57', '58'])
const LOCK_NOT_AVAILABLE = '55P03'
