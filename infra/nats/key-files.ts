import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatDeviceIssuer } from './device-issuer.ts'
import {
  appCreds,
  formatNatsAuthority,
  newNatsAuthority,
  parseNatsAuthority,
  type NatsAuthority,
} from './nats-authority.ts'

/** What lies in a directory of keys, each in a file of its own, so that a process can be given what it needs only. */
export const KEY_FILES = {
  /** To replace account JWTs: role `devices`. */
  authority: 'nats_authority',
  /** To sign devices' credentials: role `http`. */
  deviceIssuer: 'device_issuer',
  /** To connect as the platform: every process. */
  platformCreds: 'nats_creds',
  /** To sign manifests and freshness: roles `projections`, `devices` and `http`. */
  manifestKeys: 'manifest_keys',
  /** To sign which keys sign manifests: whoever rotates them, and no process. */
  manifestRoot: 'manifest_root',
} as const

/** Folder of what no process needs: the identities of operator and accounts. */
const OFFLINE = 'offline'

/** The authority kept in `dir`, made the first time, readable by the owner only. @throws when what is there cannot be read. */
export async function openNatsAuthority(dir: string): Promise<NatsAuthority> {
  const known = await readNatsAuthority(dir)
  return known ?? makeNatsAuthority(dir)
}

/** The authority kept in `dir`, or `undefined` where there is none. */
export async function readNatsAuthority(dir: string): Promise<NatsAuthority | undefined> {
  const text = await readKeyFile(dir, 'authority')
  return text === undefined ? undefined : parseNatsAuthority(text)
}

export async function readKeyFile(dir: string, file: keyof typeof KEY_FILES): Promise<string | undefined> {
  try {
    return await readFile(join(dir, KEY_FILES[file]), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

async function makeNatsAuthority(dir: string): Promise<NatsAuthority> {
  const issuedAt = Math.floor(Date.now() / 1000)
  const { authority, deviceRole, identities } = newNatsAuthority(issuedAt)
  await mkdir(join(dir, OFFLINE), { recursive: true, mode: 0o700 })
  for (const [name, { seed }] of Object.entries(identities))
    await writePrivate(join(dir, OFFLINE, `${name}.nk`), `${seed}\n`)
  await writePrivate(
    join(dir, KEY_FILES.deviceIssuer),
    formatDeviceIssuer({ account: authority.devices, role: deviceRole }),
  )
  await writePrivate(join(dir, KEY_FILES.platformCreds), appCreds(authority, 'pharos', issuedAt))
  // Last: while it is not there, whatever a killed run left of the others is made anew.
  await writePrivate(join(dir, KEY_FILES.authority), formatNatsAuthority(authority))
  return authority
}

/** Whole or not at all; its owner's alone, or for those whom the file that it replaces was for. */
export async function writePrivate(path: string, text: string): Promise<void> {
  const fresh = `${path}.${process.pid}`
  const mode = await stat(path).then(
    (before) => before.mode & 0o777,
    () => 0o600,
  )
  try {
    await writeFile(fresh, text, { mode: 0o600, flush: true })
    await chmod(fresh, mode)
    await rename(fresh, path)
  } finally {
    await rm(fresh, { force: true })
  }
}
