import { EventStoreUnavailable } from '../event-store.ts'
import type { KeyBucket, StoredKeys } from './key-bucket.ts'
import type { KeyName } from './key-names.ts'

/** Others may write the same at the same moment; each try begins with a read. */
const TRIES = 16

/**
 * Replaces what stands under a name by what `change` makes of it, and overwrites on disk what stood there before: also where
 * `change` leaves it (`undefined`), since whoever was cut off before may have left that. Returns whether it was replaced.
 * @throws EventStoreUnavailable when that is not known; it may be repeated.
 */
export async function replaceKeys(
  bucket: KeyBucket,
  name: KeyName,
  change: (stored: StoredKeys | undefined) => StoredKeys | undefined,
): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries++) {
    const placed = await bucket.read(name)
    const next = change(placed?.keys)
    const revision =
      next === undefined ? (placed?.revision ?? 0) : await bucket.write(name, next, placed?.revision ?? 0)
    if (revision === undefined) continue
    await bucket.eraseBefore(name, revision)
    return next !== undefined
  }
  throw new EventStoreUnavailable(`${name} of the keys changes faster than it can be replaced`)
}
