import { setTimeout as sleep } from 'node:timers/promises'
import { processCommandLine } from './process-command-line.ts'

/** Asks a process to end, waits for it, and kills it when it has not ended in time. Ending an ended process is fine. */
export async function endProcess(pid: number, options: { signal: NodeJS.Signals; timeoutMs: number }): Promise<void> {
  if (!send(pid, options.signal)) return
  if (await gone(pid, options.timeoutMs)) return
  send(pid, 'SIGKILL')
  if (!(await gone(pid, 5_000))) throw new Error(`process ${pid} did not end, not even by SIGKILL`)
}

async function gone(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while ((await processCommandLine(pid)) !== undefined) {
    if (performance.now() > deadline) return false
    await sleep(10)
  }
  return true
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}
