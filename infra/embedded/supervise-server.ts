import { setTimeout as sleep } from 'node:timers/promises'
import { processIdentity } from './process-identity.ts'

/** What became of an embedded server that ended although nobody stopped it. */
export interface ServerReport {
  readonly server: string
  /** `died`: it is started again now. `running`: again, with its data, where it was. `lost`: given up. */
  readonly state: 'died' | 'running' | 'lost'
  /** For people: what happened, what is done about it, and where to read more. */
  readonly message: string
}

export interface Supervision<Server> {
  /** The server as it runs now. */
  current(): Server
  /** Stops the watch, then the server. */
  stop(): Promise<void>
}

interface Supervised<Server> {
  readonly name: string
  readonly logFile: string
  readonly first: Server
  /** Starts it once more: same port, same data. */
  readonly restart: (signal: AbortSignal) => Promise<Server>
  readonly onReport: (report: ServerReport) => void
}

/** How often it is looked at, in milliseconds. It may be an orphan that was taken over, whose parent hears nothing. */
const LOOK_MS = 500
/** So many deaths, failed starts among them, within so many milliseconds are no accident any more. */
const DEATHS = 4
const WITHIN_MS = 60_000
const PAUSE_MS = 1_000

/**
 * Keeps an embedded server running: its data is safe and clients reconnect by themselves, so a dead one is started again,
 * and somebody is told. One that keeps dying is given up, rather than hidden behind restarts without end.
 */
export function superviseServer<Server extends { readonly pid: number; stop(): Promise<void> }>(
  supervised: Supervised<Server>,
): Supervision<Server> {
  const { name, logFile, first, restart, onReport } = supervised
  const stopping = new AbortController()
  const { signal } = stopping
  const deaths: number[] = []
  let server = first
  const watching = watch()
  return {
    current: () => server,
    async stop() {
      stopping.abort()
      await watching
      await server.stop()
    },
  }

  async function watch(): Promise<void> {
    while (await ended(server.pid, signal)) {
      report('died', `${name} (process ${server.pid}) has ended, and nobody stopped it; starting it again`)
      if (!(await recover())) return
    }
  }

  /** @returns false when it is given up, or is not wanted any more. */
  async function recover(): Promise<boolean> {
    for (let failure = ''; !signal.aborted;) {
      deaths.push(performance.now())
      if (deaths.filter((at) => performance.now() - at < WITHIN_MS).length >= DEATHS) {
        report('lost', `${name} ended ${DEATHS} times within a minute; ${failure || 'it is not started again'}`)
        return false
      }
      try {
        server = await restart(signal)
        report('running', `${name} runs again, as process ${server.pid}`)
        return true
      } catch (error) {
        failure = error instanceof Error ? error.message : String(error)
        await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined)
      }
    }
    return false
  }

  function report(state: ServerReport['state'], message: string): void {
    onReport({ server: name, state, message: `${message} (log: ${logFile})` })
  }
}

/** Resolves when the process has ended: true; or when the signal aborts: false. */
async function ended(pid: number, signal: AbortSignal): Promise<boolean> {
  const identity = await processIdentity(pid)
  while (!signal.aborted) {
    if (identity === undefined || (await processIdentity(pid)) !== identity) return !signal.aborted
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined)
  }
  return false
}
