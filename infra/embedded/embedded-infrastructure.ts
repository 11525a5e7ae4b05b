import { join } from 'node:path'
import { lockDataDir } from './data-dir-lock.ts'
import { type EmbeddedNats, startEmbeddedNats } from './embedded-nats.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'

export interface InfrastructureConfig {
  readonly dataDir: string
  /** A NATS that runs already; unset, one is started. */
  readonly natsUrl?: string | undefined
  /** A Postgres that runs already; unset, one is started. */
  readonly databaseUrl?: string | undefined
  readonly natsPort?: number | undefined
  readonly postgresPort?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Infrastructure {
  /** May hold user and password: give it to `natsConnectOptions`. */
  readonly natsUrl: string
  readonly databaseUrl: string
  /** The servers that were started here, with their pids. */
  readonly embedded: { readonly nats: EmbeddedNats | undefined; readonly postgres: EmbeddedPostgres | undefined }
  /** Stops what was started here, and gives the data directory free. */
  stop(): Promise<void>
}

/**
 * NATS and Postgres: those that the configuration names, and for what it does not name, servers of our own.
 * @throws DataDirLocked when another process runs servers in the same data directory.
 */
export async function startInfrastructure(config: InfrastructureConfig): Promise<Infrastructure> {
  const { dataDir, natsUrl, databaseUrl, signal } = config
  if (natsUrl !== undefined && databaseUrl !== undefined) {
    return { natsUrl, databaseUrl, embedded: { nats: undefined, postgres: undefined }, stop: async () => {} }
  }
  const lock = await lockDataDir(dataDir)
  const outcomes = await Promise.allSettled([
    natsUrl === undefined
      ? startEmbeddedNats({ dataDir: join(dataDir, 'nats'), port: config.natsPort, signal })
      : undefined,
    databaseUrl === undefined
      ? startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres'), port: config.postgresPort, signal })
      : undefined,
  ])
  const [nats, postgres] = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : undefined))
  const stop = async (): Promise<void> => {
    try {
      await Promise.all([nats?.stop(), postgres?.stop()])
    } finally {
      await lock.release()
    }
  }
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed !== undefined) {
    await stop()
    throw failed.reason
  }
  return {
    natsUrl: natsUrl ?? nats?.url ?? '',
    databaseUrl: databaseUrl ?? postgres?.url ?? '',
    embedded: { nats, postgres },
    stop,
  }
}
