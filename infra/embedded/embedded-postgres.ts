import { mkdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { endProcess } from './end-process.ts'
import { freePort, requireFreePort } from './free-port.ts'
import { POSTGRES_USER, initializePostgres } from './initialize-postgres.ts'
import { postgresBinaries } from './postgres-binaries.ts'
import { privateSecret } from './private-secret.ts'
import { processCommandLine } from './process-command-line.ts'
import { startServerProcess } from './server-process.ts'
import { unprivilegedCommand } from './unprivileged-command.ts'

export interface EmbeddedPostgresOptions {
  /** The server keeps everything in here: the cluster, the password, the log. */
  readonly dataDir: string
  /** Any free port unless given. */
  readonly port?: number | undefined
  /** Default true. False gives up safety against power cuts for speed: for tests. */
  readonly durable?: boolean
  /** Further settings, as in `postgres -c name=value`. */
  readonly settings?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

export interface EmbeddedPostgres {
  /** With user and password: `postgres://user:password@127.0.0.1:port/postgres`. */
  readonly url: string
  readonly pid: number
  /** True when a server that an earlier run left behind was found in good order. */
  readonly reused: boolean
  /** Stops the server, rolling back what is open. Calling it again is fine. */
  stop(): Promise<void>
}

/** SIGINT is Postgres' fast shutdown: it ends sessions rather than waiting for them. */
const STOP = { signal: 'SIGINT', timeoutMs: 15_000 } as const
const NOT_DURABLE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
/** What rows and statements hold is nobody's business who reads the server's log, and is not kept in old log segments. */
const DISCREET = { log_error_verbosity: 'terse', log_min_error_statement: 'panic', wal_recycle: 'off' }
const LOCAL_ONLY = { listen_addresses: '127.0.0.1', unix_socket_directories: '' }

/**
 * A Postgres of our own, on 127.0.0.1 only. Takes over what an earlier, killed run left running for this data directory;
 * callers make sure that only one process at a time does this (see `lockDataDir`).
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dir = resolve(options.dataDir)
  const clusterDir = join(dir, 'cluster')
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const passwordFile = join(dir, 'password')
  const password = await privateSecret(passwordFile)
  const running = ({ pid, port }: Postmaster, reused: boolean): EmbeddedPostgres => ({
    url: `postgres://${POSTGRES_USER}:${password}@127.0.0.1:${port}/postgres`,
    pid,
    reused,
    stop: () => endProcess(pid, STOP),
  })
  const settings = {
    ...(options.durable === false ? NOT_DURABLE : {}),
    ...DISCREET,
    ...options.settings,
    ...LOCAL_ONLY,
  }
  const set = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const argumentsFor = (port: number): string[] => ['-D', clusterDir, ...set, '-p', String(port)]

  const orphan = await readPostmaster(clusterDir)
  if (orphan !== undefined) {
    const asNow = orphan.commandLine.endsWith(argumentsFor(options.port ?? orphan.port).join(' '))
    if (orphan.ready && asNow) return running(orphan, true)
    await endProcess(orphan.pid, STOP)
  }

  const binaries = await postgresBinaries()
  await initializePostgres(binaries, clusterDir, { passwordFile, durable: options.durable ?? true })
  const port =
    options.port === undefined ? await freePort() : await requireFreePort(options.port, 'the embedded Postgres')
  const { ready } = await startServerProcess({
    name: 'postgres',
    command: await unprivilegedCommand([binaries.postgres, ...argumentsFor(port)]),
    logFile: join(dir, 'postgres.log'),
    ready: async () => {
      const postmaster = await readPostmaster(clusterDir)
      return postmaster?.ready === true && postmaster.port === port ? postmaster : undefined
    },
    // Recovery after a crash takes its time.
    readyTimeoutMs: 60_000,
    stopSignal: STOP.signal,
    signal: options.signal,
  })
  return running(ready, false)
}

interface Postmaster {
  readonly pid: number
  readonly port: number
  readonly ready: boolean
  readonly commandLine: string
}

/** The server that runs in this cluster, by the file that Postgres keeps about it (pid, directory, start, port, …, state). */
async function readPostmaster(clusterDir: string): Promise<Postmaster | undefined> {
  const lines = (await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  const pid = Number(lines[0])
  const commandLine = await processCommandLine(pid)
  if (commandLine?.includes(clusterDir) !== true) return undefined
  return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready', commandLine }
}
