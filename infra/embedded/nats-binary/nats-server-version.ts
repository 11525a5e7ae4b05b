import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The oldest server with all we use: atomic batches, message schedules, per-message TTL. */
export const MINIMUM_VERSION = '2.12.0'

/** What `nats-server -v` says, or undefined when the file is no nats-server that runs here. */
export async function natsServerVersion(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(path, ['-v'], { timeout: 5_000 })
    return /^nats-server: v(\d+\.\d+\.\d+)/.exec(stdout)?.[1]
  } catch {
    return undefined
  }
}

export function isRecentEnough(version: string | undefined): version is string {
  return version !== undefined && version.localeCompare(MINIMUM_VERSION, 'en', { numeric: true }) >= 0
}
