import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { endProcess } from '../../infra/embedded/end-process.ts'
import { processCommandLine } from '../../infra/embedded/process-command-line.ts'
import { startProcess, type TestProcess } from '../support/infrastructure.ts'

const MAIN = fileURLToPath(new URL('../../gateways/cli/main.ts', import.meta.url))

/** What a run of a command left: both streams apart. */
export interface Finished {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The command `pharos` in a data directory, with servers of its own, as somebody uses it who has set nothing. */
export class PharosCommand {
  readonly #env: NodeJS.ProcessEnv
  readonly dataDir: string

  constructor(dataDir: string, env: NodeJS.ProcessEnv = {}) {
    this.dataDir = dataDir
    const unset = {
      DATABASE_URL: '',
      NATS_URL: '',
      SECRET_KEY: '',
      MASTER_KEY: '',
      JWKS_URL: '',
      PHAROS_TOKEN: '',
      PHAROS_API_KEY: '',
    }
    this.#env = { ...unset, API_PORT: '0', PHAROS_DATA_DIR: dataDir, ...env }
  }

  /** Runs it to its end. */
  run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Finished> {
    return new Promise((resolve) => {
      const options = { env: { ...process.env, ...this.#env, ...env }, timeout: 150_000 }
      execFile(process.execPath, [MAIN, ...args], options, (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr })
      })
    })
  }

  /** A command that goes on, once it has written a line like this. */
  start(args: readonly string[], waitFor: RegExp): Promise<TestProcess> {
    return startProcess({ file: MAIN, args, env: this.#env, waitFor, timeoutMs: 150_000 })
  }

  /** `pharos up` that is ready and goes on; answers where its API is, too. */
  async up(args: readonly string[] = []): Promise<TestProcess & { readonly api: string }> {
    const up = await this.upTo(/^ {2}ready/, args)
    const api = /API +(http\S+)/.exec(up.lines.join('\n'))?.[1] ?? ''
    return { ...up, api }
  }

  /** `pharos up` that has written a line like this, and goes on. */
  upTo(line: RegExp, args: readonly string[] = []): Promise<TestProcess> {
    return this.start(['up', ...args], line)
  }

  /** The pids of the servers of this data directory, as they left them; whether each is running. */
  async servers(): Promise<readonly { readonly pid: number; readonly isRunning: boolean }[]> {
    const files = ['nats/nats-server.pid', 'postgres/cluster/postmaster.pid']
    return Promise.all(
      files.map(async (file) => {
        const pid = Number.parseInt(await readFile(join(this.dataDir, file), 'utf8').catch(() => ''), 10)
        return { pid, isRunning: (await processCommandLine(pid))?.includes(this.dataDir) === true }
      }),
    )
  }
}

/** A data directory that is gone after the test, with whatever still runs in it. */
export async function scratchCommand(t: ExecutionContext, env: NodeJS.ProcessEnv = {}): Promise<PharosCommand> {
  const command = new PharosCommand(await mkdtemp(join(tmpdir(), 'pharos-up-')), env)
  t.teardown(async () => {
    for (const { pid, isRunning } of await command.servers())
      if (isRunning) await endProcess(pid, { signal: 'SIGKILL', timeoutMs: 30_000 })
    await rm(command.dataDir, { recursive: true, force: true, maxRetries: 5 })
  })
  return command
}
