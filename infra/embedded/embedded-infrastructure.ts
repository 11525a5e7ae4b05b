import { join } from 'node:path'
import { lockDataDir } from './data-dir-lock.ts'
import { type EmbeddedNats, startEmbeddedNats } from './embedded-nats.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { type ServerReport, superviseServer, type Supervision } from './supervise-server.ts'

export interface InfrastructureConfig {
  readonly dataDir: string
  /** A NATS that runs already; unset, one is started. */
  readonly natsUrl?: string | undefined
  /** A Postgres that runs already; unset, one is started. */
  readonly databaseUrl?: string | undefined
  /** Where the keys of an embedded NATS are; `keys` in the data directory unless given. */
  readonly keysDir?: string | undefined
  readonly natsPort?: number | undefined
  readonly postgresPort?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Told when a server that was started here ends by itself, and what is done about it. */
  readonly onServer?: ((report: ServerReport) => void) | undefined
}

export interface Infrastructure {
  /** May hold user and password: give it to `natsConnectOptions`. */
  readonly natsUrl: string
  readonly databaseUrl: string
  /** The servers that were started here, with their pids; started again when they end by themselves. */
  readonly embedded: { readonly nats: EmbeddedNats | undefined; readonly postgres: EmbeddedPostgres | undefined }
  /** Stops what was started here, and gives the data directory free. */
  stop(): Promise<void>
}

/**
 * NATS and Postgres: those that the configuration names, and for what it does not name, servers of our own.
 * @throws DataDirLocked when another process runs servers in the same data directory.
 */
export async function startInfrastructure(config: InfrastructureConfig): Promise<Infrastructure> {
  const { dataDir, natsUrl, databaseUrl } = config
  if (natsUrl !== undefined && databaseUrl !== undefined) {
    return { natsUrl, databaseUrl, embedded: { nats: undefined, postgres: undefined }, stop: async () => {} }
  }
  const lock = await lockDataDir(dataDir)
  const none = Promise.resolve(undefined)
  const outcomes = await Promise.allSettled([
    natsUrl === undefined ? supervised('nats', startEmbeddedNats, config.natsPort, config) : none,
    databaseUrl === undefined ? supervised('postgres', startEmbeddedPostgres, config.postgresPort, config) : none,
  ])
  const [nats, postgres] = [valueOf(outcomes[0]), valueOf(outcomes[1])]
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
    natsUrl: natsUrl ?? nats?.current().url ?? '',
    databaseUrl: databaseUrl ?? postgres?.current().url ?? '',
    embedded: {
      get nats() {
        return nats?.current()
      },
      get postgres() {
        return postgres?.current()
      },
    },
    stop,
  }
}

type Start<Server> = (options: {
  readonly dataDir: string
  readonly keysDir?: string | undefined
  readonly port?: number | undefined
  readonly signal?: AbortSignal | undefined
}) => Promise<Server>

/** A server that runs and goes on running: whoever knows its URL finds it there again after a restart. */
async function supervised<Server extends EmbeddedNats | EmbeddedPostgres>(
  folder: 'nats' | 'postgres',
  start: Start<Server>,
  port: number | undefined,
  { dataDir, keysDir = join(dataDir, 'keys'), signal, onServer = () => undefined }: InfrastructureConfig,
): Promise<Supervision<Server>> {
  const name = folder === 'nats' ? 'nats-server' : 'postgres'
  const dir = join(dataDir, folder)
  const first = await start({ dataDir: dir, keysDir, port, signal })
  return superviseServer({
    name: `the embedded ${name}`,
    logFile: join(dir, `${name}.log`),
    first,
    restart: (stopping) => start({ dataDir: dir, keysDir, port: Number(new URL(first.url).port), signal: stopping }),
    onReport: onServer,
  })
}

function valueOf<Value>(outcome: PromiseSettledResult<Value>): Value | undefined {
  return outcome.status === 'fulfilled' ? outcome.value : undefined
}
