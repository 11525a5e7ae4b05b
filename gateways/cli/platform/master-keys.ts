import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { MasterKeys } from '../../../commands/personal/master-keys.ts'
import { privateSecret } from '../../../infra/embedded/private-secret.ts'
import type { Config } from '../../../schemas/config.ts'
import { Failure } from '../failure.ts'

/**
 * `MASTER_KEY`, and `MASTER_KEY_PREVIOUS` if set. With both servers embedded it may be left out: then it is a random one
 * that the data directory keeps, readable by its owner only. There is no default.
 * @throws Failure when it is missing. Only who reads or writes what is known of people needs it.
 */
export async function masterKeysOf(
  config: Pick<Config, 'MASTER_KEY' | 'MASTER_KEY_PREVIOUS' | 'DATABASE_URL' | 'NATS_URL' | 'PHAROS_DATA_DIR'>,
): Promise<MasterKeys> {
  const { MASTER_KEY_PREVIOUS: previous } = config
  const current = config.MASTER_KEY ?? (await embeddedKey(config))
  return new MasterKeys(previous === undefined ? [current] : [current, previous])
}

async function embeddedKey({
  DATABASE_URL,
  NATS_URL,
  PHAROS_DATA_DIR,
}: Pick<Config, 'DATABASE_URL' | 'NATS_URL' | 'PHAROS_DATA_DIR'>): Promise<string> {
  if (DATABASE_URL !== undefined || NATS_URL !== undefined)
    throw new Failure(
      'MASTER_KEY must be set, at least 32 bytes; "openssl rand -base64 48" makes one. Keep it: without it what is known of people cannot be read',
    )
  await mkdir(PHAROS_DATA_DIR, { recursive: true, mode: 0o700 })
  return privateSecret(join(PHAROS_DATA_DIR, 'master-key'))
}
