import type { ClientConfig } from 'pg'
import { useGeneration } from './generation.ts'
import type { Projector } from './projector.ts'
import { openSession } from './session.ts'

export interface CompleteTablesOptions {
  readonly database: ClientConfig
  readonly signal: AbortSignal
  readonly statementTimeout: number
  readonly settings: Readonly<Record<string, string>>
}

/** Sessions that work side by side: one index keeps one core busy, and most servers have several. */
const SESSIONS = 4

/** Runs statements, such as all of the projector's `completion`, side by side on the full tables of a generation. Those must be committed. */
export async function completeTables(
  projector: Projector,
  generation: number,
  statements: readonly string[],
  options: CompleteTablesOptions,
): Promise<void> {
  const { signal, statementTimeout, settings } = options
  const failed = new AbortController()
  const left = [...statements]
  async function work(): Promise<void> {
    await using session = await openSession(options.database, {
      applicationName: `pharos complete ${projector.name}`,
      statementTimeout,
      settings,
    })
    await useGeneration(session.client, projector.name, generation)
    for (let piece = left.shift(); piece !== undefined && !failed.signal.aborted; piece = left.shift()) {
      signal.throwIfAborted()
      await session.client.query(piece)
    }
  }
  const sessions = Array.from({ length: Math.min(SESSIONS, left.length) }, () =>
    work().catch((error: unknown) => {
      failed.abort()
      throw error
    }),
  )
  // All are waited for, also when one has failed: no session may work on when this is over.
  for (const ended of await Promise.allSettled(sessions)) if (ended.status === 'rejected') throw ended.reason
}
