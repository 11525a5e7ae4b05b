import { randomBytes } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'

/**
 * The secret kept in `path`, made at random the first time. Only the owner can read the file. There is no default
 * password anywhere: each data directory has its own.
 */
export async function privateSecret(path: string): Promise<string> {
  const fresh = `${path}.${process.pid}`
  await writeFile(fresh, randomBytes(24).toString('base64url'), { mode: 0o600 })
  try {
    // A link appears with its content or not at all, and never replaces a secret that is in use.
    await link(fresh, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    await rm(fresh, { force: true })
  }
  return (await readFile(path, 'utf8')).trim()
}
