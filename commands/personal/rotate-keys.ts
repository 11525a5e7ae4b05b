import type { KeyBucket, StoredKeys } from './key-bucket.ts'
import { keyIdOn, type KeyName, ownerOf, sheetOf } from './key-names.ts'
import { liveKeys } from './live-keys.ts'
import type { MasterKeys, WrappedKey } from './master-keys.ts'
import { replaceKeys } from './replace-keys.ts'

export interface RotateKeys {
  readonly bucket: KeyBucket
  /** The new one, and the one before. */
  readonly masterKeys: MasterKeys
  readonly signal: AbortSignal
  /** Told of each name of the bucket. */
  readonly onProgress?: (done: number) => void
}

/** How many keys were wrapped anew, how many were so already, and how many people are erased. */
export interface RotatedKeys {
  readonly rewrapped: number
  readonly current: number
  readonly erased: number
}

/** Under way at once. */
const ABREAST = 32

/**
 * Wraps every key with the new master key, a sheet at a time, and overwrites what was wrapped with the old one. Keys can be read
 * all the while by whoever has both. Killed at any moment, it is simply run again.
 * @throws EventStoreUnavailable when a key was wrapped with a master key that is not here, or NATS is away.
 */
export async function rotateKeys({ bucket, masterKeys, signal, onProgress }: RotateKeys): Promise<RotatedKeys> {
  const counts = { rewrapped: 0, current: 0, erased: 0 }
  let done = 0
  const names = bucket.all()[Symbol.asyncIterator]()
  const work = async (): Promise<void> => {
    for (let next = await names.next(); next.done !== true; next = await names.next()) {
      signal.throwIfAborted()
      const [name, { keys }] = next.value
      const isReplaced = await replaceKeys(bucket, name, (stored) => stored && rewrapped(name, stored, masterKeys))
      if (keys.status === 'erased') counts.erased++
      else counts[isReplaced ? 'rewrapped' : 'current'] += liveKeys(keys)
      onProgress?.(++done)
    }
  }
  try {
    await Promise.all(Array.from({ length: ABREAST }, work))
  } finally {
    void names.return?.()
  }
  return counts
}

/** `undefined` where there is nothing to do. */
function rewrapped(name: KeyName, stored: StoredKeys, masterKeys: MasterKeys): StoredKeys | undefined {
  if (stored.status === 'erased' || stored.masterKey === masterKeys.current) return undefined
  const owner = ownerOf(name)
  const anew = (key: WrappedKey): string => masterKeys.wrap(owner, masterKeys.unwrap(owner, key))
  const { masterKey } = stored
  if (stored.status === 'wrapped') return { ...stored, masterKey: masterKeys.current, wrapped: anew(stored) }
  const keys = stored.keys.map((wrapped, place) =>
    wrapped === null ? null : anew({ id: keyIdOn(sheetOf(name), place), masterKey, wrapped }),
  )
  return { ...stored, masterKey: masterKeys.current, keys }
}
