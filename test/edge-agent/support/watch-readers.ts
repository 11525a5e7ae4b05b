import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import { afterTests } from '../../support/infrastructure.ts'

export interface ReaderWatch {
  /** Every state that readers saw, each once. */
  readonly states: ReadonlySet<string>
  /** Longest that one answer took, in milliseconds. */
  readonly longestMs: () => number
  stop(): Promise<void>
}

/** What a reader sees who asks for all tables of the fleet (see `fillFleet`) in one statement: editions and rows. */
const STATE = `
  select (select string_agg(distinct name, '+') from pharos.companies) || ' ' || (select string_agg(distinct name, '+') from pharos.locations)
    || ' ' || (select string_agg(distinct name, '+') from pharos.users) || ' ' || (select count(*) from pharos.users)
    || ' ' || (select count(*) from pharos.group_users) || ' ' || (select string_agg(distinct name, '+') from pharos.devices) as state`

/** Such a state when all tables are of one edition. */
export function wholeState(edition: string, users: number): string {
  return `${edition} ${edition} ${edition} ${users} ${users} ${edition}`
}

/** A service on the device that reads all the time. An outage of Postgres is no state. */
export function watchReaders(pool: Pool): ReaderWatch {
  const states = new Set<string>()
  let longest = 0
  const over = new AbortController()
  const watching = (async () => {
    while (!over.signal.aborted) {
      const started = performance.now()
      try {
        const { rows } = await pool.query<{ state: string | null }>(STATE)
        states.add(rows[0]?.state ?? 'an empty table')
        longest = Math.max(longest, performance.now() - started)
      } catch (error) {
        // Postgres is away (class 57, or no connection): it shows nothing, so nothing wrong.
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code'
        if (code.startsWith('42')) states.add(`error ${code}`)
      }
      await sleep(5)
    }
  })()
  const stop = async (): Promise<void> => {
    over.abort()
    await watching
  }
  afterTests(stop)
  return { states, longestMs: () => longest, stop }
}
