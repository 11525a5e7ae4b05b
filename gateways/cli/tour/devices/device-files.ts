import { access, mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { credsFile } from '../../../../infra/nats/nats-jwt.ts'
import { newNkey } from '../../../../infra/nats/nkey.ts'
import { provisionedDevice } from '../../../../schemas/http/device-credentials.ts'
import type { Rest } from '../../platform/open-rest.ts'

const YEAR_MS = 365 * 86_400_000

/** Where a device keeps what it was provisioned with. */
export interface DeviceFiles {
  readonly dir: string
  readonly identity: string
  readonly creds: string
}

/**
 * Provisions a device over the API, as an operator does, and keeps for it what it needs to know; once. The private half
 * of its key is made here and leaves this machine never.
 */
export async function deviceFiles(
  rest: Rest,
  dir: string,
  { deviceId }: { readonly deviceId: string },
): Promise<DeviceFiles> {
  const files = { dir, identity: join(dir, 'identity.json'), creds: join(dir, 'nats.creds') }
  const isThere = await access(files.identity).then(
    () => true,
    () => false,
  )
  if (isThere) return files
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const key = newNkey('user')
  const expiresAt = new Date(Date.now() + YEAR_MS).toISOString()
  const response = await rest.send(`/api/fleet/devices/${deviceId}/credential`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ publicKey: key.publicKey, expiresAt }),
  })
  const { identity, natsJwt } = provisionedDevice.parse(await response.json())
  if (natsJwt === undefined) throw new Error(`device ${deviceId} was given no NATS credential`)
  await writeFile(files.creds, credsFile(natsJwt, key.seed), { mode: 0o600 })
  // Last, and whole: whoever finds it finds the rest.
  await writeFile(`${files.identity}.new`, JSON.stringify(identity), { mode: 0o600 })
  await rename(`${files.identity}.new`, files.identity)
  return files
}
