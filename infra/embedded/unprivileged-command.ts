import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const USER_NAMESPACE = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'] as const

/**
 * Postgres refuses to run as root. A user namespace shows it another user while files stay those of root, so that it
 * needs no account made on the machine. Ordinary users need nothing of this.
 * @throws Error when we are root and this system has no user namespaces.
 */
export async function unprivilegedCommand(
  command: readonly [string, ...string[]],
): Promise<readonly [string, ...string[]]> {
  if (process.getuid?.() !== 0) return command
  const [file, ...args] = USER_NAMESPACE
  try {
    await run(file, [...args, 'true'])
  } catch (cause) {
    throw new Error(
      'embedded Postgres cannot run as root here (no user namespaces): run as an ordinary user, or set DATABASE_URL',
      { cause },
    )
  }
  return [file, ...args, ...command]
}
