import { Command } from 'commander'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import { createPool } from '../../../infra/postgres/pool.ts'
import { Failure } from '../failure.ts'
import { interruptSignal } from '../interrupt.ts'
import { createOutput } from '../output.ts'
import { reachServers } from '../platform/reach-servers.ts'
import { sendCommand } from './alias/send-command.ts'

/** Longest that it waits for an erasure to be carried out, and how often it looks, in milliseconds. */
const WAIT_MS = 60_000
const LOOK_MS = 200

interface Erasure {
  readonly keyDestroyedAt: string | null
  readonly scrubbedAt: string | null
}

/** `pharos erase`: makes what was ever known of a person unreadable, for good, and says how far that has come. */
export function eraseCommand(): Command {
  return new Command('erase')
    .description('erase a person: their key is destroyed and their rows are deleted, for good')
    .argument('<person>', 'id of the user')
    .option('--no-wait', 'do not wait until it is carried out')
    .option('--dry-run', 'say what would happen, and change nothing')
    .option('--json')
    .action(async (person: string, { wait, ...options }: { wait: boolean; dryRun?: true; json?: true }) => {
      await sendCommand('user.erase', { userId: person }, options)
      if (!wait || options.dryRun === true) return
      const { keyDestroyedAt, scrubbedAt } = await untilCarriedOut(person, interruptSignal())
      if (keyDestroyedAt === null)
        throw new Failure(
          `the key of ${person} is not destroyed yet: that is up to the processes of the role "projections", see "pharos_projector_state" of erasures`,
        )
      createOutput(options.json === true).result({ person, keyDestroyedAt, scrubbedAt }, () =>
        scrubbedAt === null
          ? 'the key is destroyed; the tables that showed the person will be rewritten within minutes'
          : 'the key is destroyed, and the tables that showed the person are rewritten',
      )
    })
}

async function untilCarriedOut(person: string, signal: AbortSignal): Promise<Erasure> {
  const { databaseUrl } = await reachServers()
  const pool = createPool({
    connectionString: databaseUrl,
    applicationName: 'pharos erase',
    max: 1,
    onError: () => undefined,
  })
  const until = performance.now() + WAIT_MS
  try {
    for (;;) {
      const erasure = await erasureOf(pool, person)
      if (erasure.scrubbedAt !== null || performance.now() > until) return erasure
      await sleep(LOOK_MS, undefined, { signal })
    }
  } finally {
    await pool.end()
  }
}

async function erasureOf(pool: Pool, person: string): Promise<Erasure> {
  const { rows } = await pool.query<Erasure>(
    `select key_destroyed_at as "keyDestroyedAt", scrubbed_at as "scrubbedAt"
     from pharos_system.erasures where person = $1`,
    [person],
  )
  return rows[0] ?? { keyDestroyedAt: null, scrubbedAt: null }
}
