import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { KEY_FILES, openNatsAuthority } from '../nats/key-files.ts'
import { operatorConfig } from '../nats/operator-config.ts'
import { adoptPasswordAccount } from './adopt-password-account.ts'
import { endProcess } from './end-process.ts'
import { requireFreePort } from './free-port.ts'
import { goRuntime } from './go-runtime.ts'
import { greetsAsNats } from './greets-as-nats.ts'
import { type NatsAccount, natsServerConfig } from './nats-server-config.ts'
import { findNatsServer } from './nats-server-binary.ts'
import { processCommandLine } from './process-command-line.ts'
import { startServerProcess } from './server-process.ts'

export interface EmbeddedNatsOptions {
  /** The server keeps everything in here: configuration, streams, accounts, log. */
  readonly dataDir: string
  /** Where the operator's keys are, made the first time; `keys` in the data directory unless given. */
  readonly keysDir?: string | undefined
  /** Any free port unless given. */
  readonly port?: number | undefined
  /** Accounts with passwords, in place of the operator's: for tests. */
  readonly accounts?: readonly NatsAccount[]
  /** Default true. False gives up safety against power cuts for speed: for tests. */
  readonly durable?: boolean
  readonly signal?: AbortSignal | undefined
}

export interface EmbeddedNats {
  /**
   * With what it takes to get in as the platform: the path of a creds file, `nats://127.0.0.1:port?creds=…`, or user and
   * password of the first account. For `natsConnectOptions`.
   */
  readonly url: string
  readonly pid: number
  /** True when a server that an earlier run left behind was found in good order. */
  readonly reused: boolean
  /** Stops the server; what was acknowledged stays. Calling it again is fine. */
  stop(): Promise<void>
}

const STOP = { signal: 'SIGTERM', timeoutMs: 15_000 } as const
const portsFile = z.object({ nats: z.tuple([z.url()]) })

/**
 * A nats-server with JetStream of our own, on 127.0.0.1 only. Takes over what an earlier, killed run left running for
 * this data directory; callers make sure that only one process at a time does this (see `lockDataDir`).
 */
export async function startEmbeddedNats(options: EmbeddedNatsOptions): Promise<EmbeddedNats> {
  const dir = resolve(options.dataDir)
  const [configFile, pidFile] = [join(dir, 'nats-server.conf'), join(dir, 'nats-server.pid')]
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const storeDir = join(dir, 'jetstream')
  const keysDir = resolve(options.keysDir ?? join(dir, 'keys'))
  const authority = options.accounts === undefined ? await openNatsAuthority(keysDir) : undefined
  const config = natsServerConfig({
    host: '127.0.0.1',
    port: options.port ?? -1,
    storeDir,
    runDir: dir,
    access:
      authority === undefined
        ? { accounts: options.accounts ?? [] }
        : { operatorConfig: operatorConfig(authority, join(dir, 'accounts')) },
    durable: options.durable ?? true,
  })
  const running = (address: string, pid: number, reused: boolean): EmbeddedNats => ({
    url: authority === undefined ? withPassword(address, options.accounts?.[0]) : withCreds(address, keysDir),
    pid,
    reused,
    stop: () => endProcess(pid, STOP),
  })

  const orphan = await findOrphan(pidFile, configFile)
  if (orphan !== undefined) {
    const address = await listenAddress(dir, orphan)
    const unchanged = (await readFile(configFile, 'utf8').catch(() => '')) === config
    if (unchanged && address !== undefined && (await greetsAsNats(address))) return running(address, orphan, true)
    await endProcess(orphan, STOP)
  }

  const binary = await findNatsServer({ signal: options.signal })
  if (options.port !== undefined) await requireFreePort(options.port, 'the embedded nats-server')
  await removePortsFiles(dir)
  if (authority !== undefined) await adoptPasswordAccount(dir, storeDir, authority.app.publicKey)
  await writeFile(configFile, config, { mode: 0o600 })
  const started = await startServerProcess({
    name: 'nats-server',
    // The configuration's path in the command line is how a later run knows its orphan.
    command: [binary.path, '--config', configFile, '--pid', pidFile],
    env: goRuntime(),
    logFile: join(dir, 'nats-server.log'),
    ready: async () => {
      const pid = await findOrphan(pidFile, configFile)
      return pid === undefined ? undefined : listenAddress(dir, pid)
    },
    // Recovering large streams takes its time.
    readyTimeoutMs: 60_000,
    stopSignal: STOP.signal,
    signal: options.signal,
  })
  return running(started.ready, started.pid, false)
}

async function findOrphan(pidFile: string, configFile: string): Promise<number | undefined> {
  const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''))
  return (await processCommandLine(pid))?.includes(configFile) === true ? pid : undefined
}

/** The server writes the file once it listens. */
async function listenAddress(dir: string, pid: number): Promise<string | undefined> {
  try {
    return portsFile.parse(JSON.parse(await readFile(join(dir, `nats-server_${pid}.ports`), 'utf8'))).nats[0]
  } catch {
    return undefined
  }
}

async function removePortsFiles(dir: string): Promise<void> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.ports'))
  await Promise.all(names.map((name) => rm(join(dir, name), { force: true })))
}

function withPassword(address: string, account: NatsAccount | undefined): string {
  const url = new URL(address)
  url.username = account?.user ?? ''
  url.password = account?.password ?? ''
  return url.href
}

function withCreds(address: string, keysDir: string): string {
  const url = new URL(address)
  url.searchParams.set('creds', join(keysDir, KEY_FILES.platformCreds))
  return url.href
}
