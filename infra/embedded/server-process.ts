import { spawn } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { endProcess } from './end-process.ts'

/** How to start a server, and how to see that it is ready. */
export interface ServerProcess<Ready> {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  /** Beside the environment of this process. */
  readonly env?: NodeJS.ProcessEnv
  /** Holds the output of this start; a failure quotes its end. */
  readonly logFile: string
  /** Asked again and again until it answers something, which is what the start answers. */
  readonly ready: () => Promise<Ready | undefined>
  readonly readyTimeoutMs: number
  readonly stopSignal: NodeJS.Signals
  readonly signal?: AbortSignal | undefined
}

/**
 * Starts a server that outlives Ctrl-C: it has a session of its own, so that the terminal's signal reaches only the
 * parent, which drains and then stops it.
 * @throws Error with the end of the server's log when it dies or is not ready in time; then nothing is left running.
 */
export async function startServerProcess<Ready>(server: ServerProcess<Ready>): Promise<{ pid: number; ready: Ready }> {
  server.signal?.throwIfAborted()
  const log = await open(server.logFile, 'w', 0o600)
  const [file, ...args] = server.command
  const child = spawn(file, args, {
    env: { ...process.env, ...server.env },
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
  })
  let ended: string | undefined
  child.once('error', (error) => (ended ??= error.message))
  child.once('exit', (code, signal) => (ended ??= `ended with ${signal ?? `code ${code}`}`))
  // The server belongs to the data directory rather than to this process: a parent that just ends leaves an orphan to reuse.
  child.unref()
  try {
    const deadline = performance.now() + server.readyTimeoutMs
    while (performance.now() < deadline) {
      server.signal?.throwIfAborted()
      if (ended !== undefined) throw new Error(`${server.name} ${ended}${await quoteLog(server.logFile)}`)
      const ready = await server.ready()
      if (ready !== undefined && child.pid !== undefined) return { pid: child.pid, ready }
      await sleep(10)
    }
    throw new Error(`${server.name} was not ready after ${server.readyTimeoutMs} ms${await quoteLog(server.logFile)}`)
  } catch (error) {
    if (child.pid !== undefined) await endProcess(child.pid, { signal: server.stopSignal, timeoutMs: 5_000 })
    throw error
  } finally {
    await log.close()
  }
}

async function quoteLog(path: string): Promise<string> {
  const text = (await readFile(path, 'utf8').catch(() => '')).trim()
  return text === '' ? '' : `; ${path} ends with:\n${text.split('\n').slice(-8).join('\n')}`
}
