import { rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Where versions before operator mode kept the streams, and what they kept the password in. */
const BEFORE = { account: 'PHAROS', secret: 'password' }

/**
 * Gives what an account with a password has stored to the account `account` (a public key). A server keeps the streams
 * of an account in a folder of its name, and nothing within names the account: so the folder's name is all that
 * changes, in one step. Call it while no server runs here; does nothing where there is nothing to adopt.
 * @throws Error when both accounts have streams: nobody but the owner can say which count.
 */
export async function adoptPasswordAccount(dir: string, storeDir: string, account: string): Promise<void> {
  // The server makes this folder within what it is told.
  const accounts = join(storeDir, 'jetstream')
  const [from, to] = [join(accounts, BEFORE.account), join(accounts, account)]
  if (await exists(from)) {
    if (await exists(to))
      throw new Error(`both ${from} and ${to} hold streams: move away the one that is not to be used`)
    await rename(from, to)
  }
  await rm(join(dir, BEFORE.secret), { force: true })
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}
