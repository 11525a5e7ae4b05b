import type { KeyBucket } from './key-bucket.ts'
import type { PersonKeys } from './person-keys.ts'

/**
 * Destroys every key that is wrapped with a master key which is lost: nobody can read what they sealed, and from here on
 * it says `erased`, where it would else be an outage for ever. Returns whose they were. May be cut off and repeated.
 * @throws EventStoreUnavailable when NATS is away.
 */
export async function giveUpKeys(
  lostMasterKey: string,
  { bucket, keys, signal }: { readonly bucket: KeyBucket; readonly keys: PersonKeys; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const persons: string[] = []
  for await (const [person, { key }] of bucket.all())
    if (key.status === 'wrapped' && key.masterKey === lostMasterKey) persons.push(person)
  for (const person of persons) {
    signal.throwIfAborted()
    await keys.destroy(person)
  }
  return persons
}
