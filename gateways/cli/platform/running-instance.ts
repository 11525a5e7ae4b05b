import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const runningInstance = z.object({ pid: z.int(), apiUrl: z.url(), natsUrl: z.string(), databaseUrl: z.string() })

/** Where the instance that runs in a data directory can be reached. Holds the password of an embedded Postgres. */
export type RunningInstance = z.infer<typeof runningInstance>

const file = (dataDir: string): string => join(dataDir, 'running.json')

/** Tells other commands on this machine where this instance is; readable by its owner only. */
export async function announceInstance(
  dataDir: string,
  instance: RunningInstance,
): Promise<{ withdraw(): Promise<void> }> {
  const fresh = `${file(dataDir)}.${process.pid}`
  await writeFile(fresh, JSON.stringify(instance), { mode: 0o600 })
  await rename(fresh, file(dataDir))
  return { withdraw: () => rm(file(dataDir), { force: true }) }
}

/** The instance that runs in this data directory, or `undefined`: a file whose process is gone tells of none. */
export async function findInstance(dataDir: string): Promise<RunningInstance | undefined> {
  const text = await readFile(file(dataDir), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const instance = runningInstance.parse(JSON.parse(text))
  try {
    process.kill(instance.pid, 0)
    return instance
  } catch {
    return undefined
  }
}
