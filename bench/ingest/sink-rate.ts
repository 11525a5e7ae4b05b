import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Servers } from '../servers/with-servers.ts'

const PROCESS = fileURLToPath(new URL('sink-process.ts', import.meta.url))

/** What the sink's process tells when it has come to where it was sent. */
export interface SinkRun {
  readonly rows: number
  readonly seconds: number
  /** Resident memory in bytes, once a second. */
  readonly memory: readonly number[]
}

/** Runs the sink as a process of its own until the stream's end. */
export async function runSinkProcess({ natsUrl, databaseUrl }: Servers, signal: AbortSignal): Promise<SinkRun> {
  const profile = process.env['BENCH_CPU_PROFILE']
  const execArgv = profile === undefined || profile === '' ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const child = fork(PROCESS, [natsUrl, databaseUrl], { execArgv, signal })
  const [told] = (await Promise.race([once(child, 'message'), failed(child)])) as [SinkRun]
  await once(child, 'exit')
  return told
}

async function failed(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit')
  throw new Error(`the sink ended with ${String(code)}`)
}
