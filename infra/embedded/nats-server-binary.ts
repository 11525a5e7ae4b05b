import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fetchFromApt } from './nats-binary/fetch-from-apt.ts'
import { fetchFromGithub } from './nats-binary/fetch-from-github.ts'
import { cachedNatsServer, installIntoCache } from './nats-binary/nats-server-cache.ts'
import { MINIMUM_VERSION, isRecentEnough, natsServerVersion } from './nats-binary/nats-server-version.ts'
import { withScratchDir } from './scratch-dir.ts'

export interface NatsServerBinary {
  readonly path: string
  readonly version: string
  /** Where it was found: `NATS_SERVER_BIN`, `cache`, `PATH`, or what it was fetched from. */
  readonly source: string
}

export interface FindNatsServerOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly signal?: AbortSignal | undefined
  /** Told before something is fetched, since that takes seconds. */
  readonly onFetch?: (source: string) => void
}

const FETCHERS = [
  ['GitHub release', fetchFromGithub],
  ['Debian testing (apt)', fetchFromApt],
] as const

/**
 * A nats-server that is recent enough: the one of `NATS_SERVER_BIN`, the cached one, the one in `PATH`, or a fresh one,
 * fetched with its checksums or signatures verified and kept in the cache.
 * @throws Error that says what was tried and what to do.
 */
export async function findNatsServer(options: FindNatsServerOptions = {}): Promise<NatsServerBinary> {
  const env = options.env ?? process.env
  if (env['NATS_SERVER_BIN']) return chosen(env['NATS_SERVER_BIN'])

  const tried: string[] = []
  for (const [source, path] of [['cache', cachedNatsServer(env)], ...inPath(env)] as const) {
    if (!(await exists(path))) continue
    const version = await natsServerVersion(path)
    if (isRecentEnough(version)) return { path, version, source }
    tried.push(`${source}: ${path} is ${version ?? 'no nats-server'}`)
  }
  if (tried.length === 0) tried.push('cache and PATH: no nats-server')

  for (const [source, fetch] of FETCHERS) {
    options.signal?.throwIfAborted()
    options.onFetch?.(source)
    try {
      const path = await withScratchDir(async (dir) => installIntoCache(await fetch(dir, env, options.signal), env))
      const version = await natsServerVersion(path)
      if (isRecentEnough(version)) return { path, version, source }
      tried.push(`${source}: it has ${version ?? 'nothing that runs here'}`)
    } catch (error) {
      tried.push(`${source}: ${explain(error)}`)
    }
  }
  throw new Error(
    `no nats-server ${MINIMUM_VERSION} or newer. Tried:\n${tried.map((line) => `  - ${line}`).join('\n')}\n` +
      'Install one (https://docs.nats.io/running-a-nats-service/introduction/installation) and put it in PATH or set ' +
      'NATS_SERVER_BIN to it; or set NATS_URL to a server that runs already.',
  )
}

/** A path that somebody chose is used or refused, never silently replaced. */
async function chosen(path: string): Promise<NatsServerBinary> {
  const version = await natsServerVersion(path)
  if (isRecentEnough(version)) return { path, version, source: 'NATS_SERVER_BIN' }
  const found = (await exists(path)) ? (version ?? 'something else') : 'nothing'
  throw new Error(
    `NATS_SERVER_BIN=${path} must be a nats-server ${MINIMUM_VERSION} or newer; there is ${found}. Correct or unset it.`,
  )
}

function inPath(env: NodeJS.ProcessEnv): ['PATH', string][] {
  const dirs = (env['PATH'] ?? '').split(delimiter).filter((dir) => dir !== '')
  return dirs.map((dir) => ['PATH', join(dir, 'nats-server')])
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : ''
  return `${error.message.trim().replaceAll('\n', ' ').slice(0, 300)}${cause}`
}
