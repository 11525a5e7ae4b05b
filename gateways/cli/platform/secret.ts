import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { privateSecret } from '../../../infra/embedded/private-secret.ts'
import type { Config } from '../../../schemas/config.ts'
import { secretKeyBytes } from '../../authentication/secret-key.ts'

/**
 * `SECRET_KEY` as bytes. With both servers embedded it may be left out: then it is a random one that the data
 * directory keeps, readable by its owner only. There is no default.
 */
export async function secretOf({
  SECRET_KEY,
  PHAROS_DATA_DIR,
}: Pick<Config, 'SECRET_KEY' | 'PHAROS_DATA_DIR'>): Promise<Uint8Array> {
  if (SECRET_KEY !== undefined) return secretKeyBytes(SECRET_KEY)
  await mkdir(PHAROS_DATA_DIR, { recursive: true, mode: 0o700 })
  return secretKeyBytes(await privateSecret(join(PHAROS_DATA_DIR, 'secret-key')))
}
