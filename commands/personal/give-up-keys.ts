import { isSealed } from '../../schemas/sealed-envelope.ts'
import type { EventStore } from '../event-store.ts'
import type { KeyBucket, StoredKeys } from './key-bucket.ts'
import { type KeyName, nameOfKey } from './key-names.ts'
import { replaceKeys } from './replace-keys.ts'

/** Whoever has a key, has it named by their own aggregate. */
const PEOPLE = ['evt.user.>']

export interface GiveUpKeys {
  readonly bucket: KeyBucket
  /** Gives events as they are stored: whose the keys were is known to it alone. */
  readonly log: Pick<EventStore, 'readAll' | 'head'>
  readonly signal: AbortSignal
}

/**
 * Destroys every key that is wrapped with a master key which is lost: nobody can read what they sealed, and from here on
 * it says `erased`, where it would else be an outage for ever. Returns whose they were. May be cut off and repeated.
 * @throws EventStoreUnavailable when NATS is away.
 */
export async function giveUpKeys(
  lostMasterKey: string,
  { bucket, log, signal }: GiveUpKeys,
): Promise<readonly string[]> {
  const lost = new Set<KeyName>()
  for await (const [name, { keys }] of bucket.all()) if (isOf(keys, lostMasterKey)) lost.add(name)
  const persons = await personsOf(lost, log, signal)
  for (const name of lost) {
    signal.throwIfAborted()
    await replaceKeys(bucket, name, (stored) =>
      stored !== undefined && isOf(stored, lostMasterKey) ? emptied(stored) : undefined,
    )
  }
  return persons
}

function isOf(stored: StoredKeys, masterKey: string): boolean {
  return stored.status !== 'erased' && stored.masterKey === masterKey
}

function emptied(stored: StoredKeys): StoredKeys {
  return stored.status === 'sheet' ? { ...stored, keys: stored.keys.map(() => null) } : { status: 'erased' }
}

/** Of whom the log says something that is sealed with a key under one of these names. */
async function personsOf(
  names: ReadonlySet<KeyName>,
  log: GiveUpKeys['log'],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const persons = new Set<string>()
  const { sequence } = await log.head()
  if (names.size === 0 || sequence === 0) return []
  for await (const { envelope } of log.readAll({ fromSequence: 1, untilSequence: sequence, subjects: PEOPLE, signal }))
    if (isSealed(envelope) && names.has(nameOfKey(envelope.personkey, envelope.person))) persons.add(envelope.person)
  signal.throwIfAborted()
  return [...persons]
}
