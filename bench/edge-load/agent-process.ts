import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../edge-agent/main.ts', import.meta.url))

/** A real edge agent as a process of its own, as on a device. */
export interface AgentProcess extends AsyncDisposable {
  /** Most memory that it ever held (RSS), in MB. Linux only. */
  peakMemory(): Promise<number>
  syncNow(): Promise<{ readonly status: string }>
}

export async function startAgentProcess(options: {
  readonly identity: string
  readonly databaseUrl: string
  readonly dataDir: string
}): Promise<AgentProcess> {
  const profile = process.env['BENCH_CPU_PROFILE']
  const flags = profile === undefined || profile === '' ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const child = spawn(process.execPath, [...flags, MAIN], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      DEVICE_IDENTITY: options.identity,
      DATABASE_URL: options.databaseUrl,
      EDGE_DATA_DIR: options.dataDir,
      SYNC_INTERVAL: '86400',
      API_PORT: '0',
    },
  })
  const { promise: ready, resolve, reject } = Promise.withResolvers<string>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (process.env['BENCH_AGENT_LOG'] === 'true') process.stderr.write(`${line}\n`)
    if (line.includes('"msg":"ready"')) resolve((JSON.parse(line) as { api: string }).api)
  })
  child.once('exit', (code) => reject(new Error(`the agent ended with ${code}`)))
  const api = await ready
  return {
    async peakMemory() {
      const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${child.pid}/status`, 'utf8')) ?? []
      return Number(kib) / 1024
    },
    async syncNow() {
      const answer = await fetch(`${api}/sync/now?wait=true`, { method: 'POST' })
      return (await answer.json()) as { status: string }
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}
