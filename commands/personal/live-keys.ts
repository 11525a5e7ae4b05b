import type { StoredKeys } from './key-bucket.ts'

/** How many keys stand there: those of people, and those that were made ahead and are nobody's. */
export function liveKeys(stored: StoredKeys): number {
  if (stored.status === 'erased') return 0
  return stored.status === 'wrapped' ? 1 : stored.keys.filter((key) => key !== null).length
}
