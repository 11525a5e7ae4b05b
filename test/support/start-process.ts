import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterTests } from './after-tests.ts'
import { eventually } from './eventually.ts'

export interface TestProcess {
  readonly pid: number
  /** Every line that it wrote so far, to stdout and stderr alike. */
  readonly lines: readonly string[]
  /** Resolves when it has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  /** The first line that matches, now or later. */
  line(pattern: RegExp, timeoutMs?: number): Promise<string>
  /** kill -9 unless told otherwise; resolves when the process is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>
}

/**
 * Runs `file` (TypeScript or JavaScript) in a Node process of its own, for tests that kill it.
 * Whatever is left is killed when the tests are over.
 */
export async function startProcess(options: {
  readonly file: string | URL
  readonly args?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  /** Resolve only when it wrote a line like this. */
  readonly waitFor?: RegExp
  readonly timeoutMs?: number
}): Promise<TestProcess> {
  const file = options.file instanceof URL ? options.file.pathname : options.file
  const child = spawn(process.execPath, [file, ...(options.args ?? [])], {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit').then(() => ({ code: child.exitCode, signal: child.signalCode }))
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => lines.push(line))
  }
  const alive = (): boolean => child.exitCode === null && child.signalCode === null
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    if (alive()) child.kill(signal)
    await ended
  }
  afterTests(() => kill())

  const line = async (pattern: RegExp, timeoutMs = 120_000): Promise<string> => {
    const find = (): string | undefined => lines.find((text) => pattern.test(text))
    const found = await eventually(() => find() ?? !alive(), {
      timeoutMs,
      what: `${file} writes ${String(pattern)}`,
    }).catch((error: unknown) => Promise.reject(new Error(`${String(error)}; it wrote:\n${lines.join('\n')}`)))
    if (typeof found === 'string') return found
    throw new Error(`${file} ended before it wrote ${String(pattern)}; it wrote:\n${lines.join('\n')}`)
  }
  if (options.waitFor !== undefined) await line(options.waitFor, options.timeoutMs)
  if (child.pid === undefined) throw new Error(`${file} could not be started`)
  return { pid: child.pid, lines, ended, line, kill }
}
