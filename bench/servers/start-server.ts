import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { BenchContext } from '../bench.ts'
import type { Servers } from './with-servers.ts'

const MAIN = fileURLToPath(new URL('../../gateways/cli/main.ts', import.meta.url))
const READY_MS = 30_000

/** A process of Pharos under load. */
export interface Server extends AsyncDisposable {
  readonly pid: number
  /** Where its API is; empty without the role `http`. */
  readonly api: string
}

/** `pharos serve` in these roles as a process of its own, as in production; `more` is configured beside the servers and secrets. @throws Error with what it said, when it does not come up. */
export async function startServer(
  { natsUrl, databaseUrl }: Servers,
  { dir, signal }: BenchContext,
  secretKey: string,
  roles: readonly string[] = ['commands'],
  more: NodeJS.ProcessEnv = {},
): Promise<Server> {
  const profile = process.env['BENCH_CPU_PROFILE']
  const flags = profile === undefined || profile === '' ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const child = spawn(process.execPath, [...flags, MAIN, 'serve', '--roles', roles.join(',')], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      NATS_URL: natsUrl,
      DATABASE_URL: databaseUrl,
      SECRET_KEY: secretKey,
      MASTER_KEY: secretKey,
      API_PORT: '0',
      API_HOST: '127.0.0.1',
      ...more,
    },
  })
  const stop = (): Promise<void> => end(child)
  let api = ''
  try {
    api = await ready(child, AbortSignal.any([signal, AbortSignal.timeout(READY_MS)]))
  } catch (error) {
    await stop()
    throw error
  }
  if (child.pid === undefined) throw new Error('the server has no process')
  return { pid: child.pid, api, [Symbol.asyncDispose]: stop }
}

/** Waits for the log line that says so, and reads on for ever, so that the pipe never fills. */
function ready(child: ChildProcess, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let log = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-4096)
    // A line of which the beginning is cut off is an old one.
    const line = /^\{.*"msg":"ready".*$/m.exec(log)?.[0]
    if (line !== undefined) resolve((JSON.parse(line) as { api?: string }).api ?? '')
  })
  child.once('error', reject)
  child.once('exit', () => reject(new Error(`the server ended; it said:\n${log}`)))
  signal.addEventListener('abort', () => reject(new Error(`the server was not ready in time; it said:\n${log}`)))
  return promise
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 15_000)
  await ended
  clearTimeout(late)
}
