import { spawn } from 'node:child_process'
import { once } from 'node:events'

const READY_MS = 30_000

/** Runs a file in a Node process of its own until it writes `"msg":"ready"`, and then until it is disposed of. */
export async function startNode(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<AsyncDisposable & { readonly pid: number }> {
  const profile = process.env['BENCH_CPU_PROFILE']
  const flags = profile === undefined || profile === '' ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const child = spawn(process.execPath, [...flags, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], ...env },
  })
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), 15_000)
    await ended
    clearTimeout(late)
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4096)
    if (said.includes('"msg":"ready"')) resolve()
  })
  child.once('error', reject)
  child.once('exit', () => reject(new Error(`it ended; it said:\n${said}`)))
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(READY_MS)])
  inTime.addEventListener('abort', () => reject(new Error(`it was not ready in time; it said:\n${said}`)))
  try {
    await promise
  } catch (error) {
    await stop()
    throw error
  }
  return { pid: child.pid ?? 0, [Symbol.asyncDispose]: stop }
}
