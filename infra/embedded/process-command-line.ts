import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * The command line of a running process, or undefined when there is none. A zombie is none: it holds nothing any more.
 * A pid alone does not name a process (pids are reused, above all after a reboot); with its command line it does.
 */
export async function processCommandLine(pid: number): Promise<string | undefined> {
  if (!Number.isInteger(pid) || pid <= 1) return undefined
  try {
    const line =
      process.platform === 'linux'
        ? (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim()
        : (await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)])).stdout.trim()
    return line === '' ? undefined : line
  } catch {
    return undefined
  }
}
