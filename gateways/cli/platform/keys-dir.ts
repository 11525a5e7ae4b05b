import { join } from 'node:path'
import type { Config } from '../../../schemas/config.ts'

/** Where the keys of this installation are. */
export function keysDirOf({
  PHAROS_KEYS_DIR,
  PHAROS_DATA_DIR,
}: Pick<Config, 'PHAROS_KEYS_DIR' | 'PHAROS_DATA_DIR'>): string {
  return PHAROS_KEYS_DIR ?? join(PHAROS_DATA_DIR, 'keys')
}
