import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { processIdentity } from './process-identity.ts'

/** Another process uses this data directory. */
export class DataDirLocked extends Error {
  override readonly name = 'DataDirLocked'
  readonly pid: number

  constructor(dataDir: string, pid: number) {
    super(
      `${dataDir} is in use by process ${pid}: stop it first, or choose another data directory with PHAROS_DATA_DIR`,
    )
    this.pid = pid
  }
}

/**
 * Takes the data directory for this process until `release`. A lock whose process is gone is no lock.
 * @throws DataDirLocked naming the process that holds it.
 */
export async function lockDataDir(dataDir: string): Promise<{ release(): Promise<void> }> {
  const dir = resolve(dataDir)
  const lock = join(dir, 'lock')
  const mine = join(dir, `lock.${randomUUID()}`)
  await mkdir(dir, { recursive: true, mode: 0o700 })
  await writeFile(mine, `${process.pid}\n${await processIdentity(process.pid)}\n`)
  try {
    for (;;) {
      // A link is made with its content, and only where nothing is: the one step that only one process can win.
      if (await linked(mine, lock)) return { release: () => rm(lock, { force: true }) }
      const held = await readFile(lock, 'utf8').catch(() => '')
      const holder = await holderOf(held)
      if (holder !== undefined) throw new DataDirLocked(dir, holder)
      await discard(lock, held)
    }
  } finally {
    await rm(mine, { force: true })
  }
}

async function holderOf(content: string): Promise<number | undefined> {
  const [pid, identity] = content.split('\n')
  const running = await processIdentity(Number(pid))
  return running !== undefined && running === identity ? Number(pid) : undefined
}

/** Removes the stale lock that was read, and puts back a fresh one that somebody made in the meantime. */
async function discard(lock: string, stale: string): Promise<void> {
  const aside = `${lock}.stale.${randomUUID()}`
  const moved = await rename(lock, aside).then(
    () => true,
    () => false,
  )
  if (moved && (await readFile(aside, 'utf8')) !== stale) await linked(aside, lock)
  await rm(aside, { force: true })
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}
