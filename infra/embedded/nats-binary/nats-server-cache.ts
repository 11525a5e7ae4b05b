import { chmod, copyFile, mkdir, rename } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** Where a fetched nats-server is kept: shared by all projects of a user, apart for each platform. */
export function cachedNatsServer(env: NodeJS.ProcessEnv): string {
  const cache = env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  return join(cache, 'pharos', `${process.platform}-${process.arch}`, 'nats-server')
}

/** Copies a fetched binary into the cache, in one step: another process sees the old file or the new one. */
export async function installIntoCache(binary: string, env: NodeJS.ProcessEnv): Promise<string> {
  const target = cachedNatsServer(env)
  const partial = `${target}.${process.pid}`
  await mkdir(dirname(target), { recursive: true })
  await copyFile(binary, partial)
  await chmod(partial, 0o755)
  await rename(partial, target)
  return target
}
