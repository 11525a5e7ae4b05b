import { type Config, environment, FILES } from './config.ts'

/** Variables whose value may stand in a file instead, named by `<variable>_FILE`: what must not show in a process list. */
const FROM_FILE = ['SECRET_KEY', 'MASTER_KEY', 'MASTER_KEY_PREVIOUS', 'DATABASE_URL', 'NATS_URL'] as const

/** A setting that is missing or wrong. The message names each variable and what would be right, never the value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'

  constructor(faults: readonly string[]) {
    super(`the environment is not valid:\n${faults.map((fault) => `  ${fault}`).join('\n')}`)
  }
}

/**
 * Reads and checks the whole environment at once.
 * @throws ConfigError that lists everything that is wrong.
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string,
): Config {
  const set: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) if (value !== undefined && value !== '') set[name] = value
  const faults = [
    ...FROM_FILE.flatMap((name) => takeFromFile(set, name, readFile)),
    ...FILES.filter((name) => set[name] !== undefined && !canRead(set[name], readFile)).map(unreadable),
  ]
  const read = environment.safeParse(set)
  if (read.success && faults.length === 0) return read.data
  throw new ConfigError([
    ...faults,
    ...(read.error?.issues ?? []).map(({ path, message }) => `${path[0]?.toString()}: ${message}`),
  ])
}

function takeFromFile(set: Record<string, string>, name: string, readFile: (path: string) => string): string[] {
  const path = set[`${name}_FILE`]
  if (path === undefined) return []
  if (set[name] !== undefined) return [`${name}_FILE: must not be set beside ${name}`]
  if (!canRead(path, readFile)) return [unreadable(`${name}_FILE`)]
  set[name] = readFile(path).trimEnd()
  return []
}

function canRead(path: string, readFile: (path: string) => string): boolean {
  try {
    readFile(path)
    return true
  } catch {
    return false
  }
}

function unreadable(name: string): string {
  return `${name}: must name a file that can be read`
}
