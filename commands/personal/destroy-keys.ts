import type { KeyBucket, StoredKeys } from './key-bucket.ts'
import { type KeyName, nameOfKey, personName, placeOfKey } from './key-names.ts'
import type { KeyUses } from './key-uses.ts'
import { replaceKeys } from './replace-keys.ts'

/**
 * Destroys every key of a person for good, on the servers' disks too, and says under their name that they are erased. May be
 * cut off and repeated. No master key is needed for it. Returns the names under which something was destroyed.
 * @throws EventStoreUnavailable when it is not known to be done.
 */
export async function destroyKeys(
  person: string,
  { bucket, uses }: { readonly bucket: KeyBucket; readonly uses: KeyUses },
): Promise<readonly KeyName[]> {
  const own = personName(person)
  const names = [own]
  await replaceKeys(bucket, own, (stored) => (stored?.status === 'erased' ? undefined : { status: 'erased' }))
  for (const id of await uses(person)) {
    const name = nameOfKey(id, person)
    if (name === own) continue
    names.push(name)
    await replaceKeys(bucket, name, (stored) => without(stored, placeOfKey(id)))
  }
  return names
}

function without(stored: StoredKeys | undefined, place: number): StoredKeys | undefined {
  if (stored?.status !== 'sheet' || typeof stored.keys[place] !== 'string') return undefined
  return { ...stored, keys: stored.keys.with(place, null) }
}
