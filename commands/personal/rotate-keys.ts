import { EventStoreUnavailable } from '../event-store.ts'
import type { KeyBucket, PlacedKey } from './key-bucket.ts'
import type { MasterKeys } from './master-keys.ts'

export interface RotateKeys {
  readonly bucket: KeyBucket
  /** The new one, and the one before. */
  readonly masterKeys: MasterKeys
  readonly signal: AbortSignal
  readonly onProgress?: (done: number) => void
}

/** How many keys were wrapped anew, were so already, or belong to people who are erased. */
export interface RotatedKeys {
  readonly rewrapped: number
  readonly current: number
  readonly erased: number
}

/** Under way at once. */
const ABREAST = 32
/** Others may write the same key: each try begins with a read. */
const TRIES = 16

/**
 * Wraps every key with the new master key, one by one, and overwrites what was wrapped with the old one. Keys can be read
 * all the while by whoever has both. Killed at any moment, it is simply run again.
 * @throws EventStoreUnavailable when a key was wrapped with a master key that is not here, or NATS is away.
 */
export async function rotateKeys({ bucket, masterKeys, signal, onProgress }: RotateKeys): Promise<RotatedKeys> {
  const counts = { rewrapped: 0, current: 0, erased: 0 }
  let done = 0
  const keys = bucket.all()[Symbol.asyncIterator]()
  const work = async (): Promise<void> => {
    for (let next = await keys.next(); next.done !== true; next = await keys.next()) {
      signal.throwIfAborted()
      counts[await rewrap(bucket, masterKeys, ...next.value)]++
      onProgress?.(++done)
    }
  }
  try {
    await Promise.all(Array.from({ length: ABREAST }, work))
  } finally {
    void keys.return?.()
  }
  return counts
}

async function rewrap(
  bucket: KeyBucket,
  masterKeys: MasterKeys,
  person: string,
  first: PlacedKey,
): Promise<keyof RotatedKeys> {
  let placed: PlacedKey | undefined = first
  for (let tries = 0; tries < TRIES && placed !== undefined; tries++) {
    const { key, revision } = placed
    const isDue = key.status === 'wrapped' && key.masterKey !== masterKeys.current
    const written = isDue
      ? await bucket.write(person, masterKeys.wrap(person, masterKeys.unwrap(person, key)), revision)
      : revision
    if (written !== undefined) {
      // Also where nothing was to be written: whoever was killed before may have left it.
      await bucket.eraseBefore(person, written)
      if (isDue) return 'rewrapped'
      return key.status === 'erased' ? 'erased' : 'current'
    }
    placed = await bucket.read(person)
  }
  throw new EventStoreUnavailable(`the key of person ${person} changes faster than it can be wrapped anew`)
}
