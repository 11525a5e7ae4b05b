import { join } from 'node:path'
import type { Config } from '../../../schemas/config.ts'

/**
 * Where the keys of this installation are; `undefined` where nobody has said so. The keys of a data directory are those of
 * its embedded NATS, and of no other.
 */
export function keysDirOf({
  PHAROS_KEYS_DIR,
  PHAROS_DATA_DIR,
  NATS_URL,
}: Pick<Config, 'PHAROS_KEYS_DIR' | 'PHAROS_DATA_DIR' | 'NATS_URL'>): string | undefined {
  return PHAROS_KEYS_DIR ?? (NATS_URL === undefined ? join(PHAROS_DATA_DIR, 'keys') : undefined)
}
