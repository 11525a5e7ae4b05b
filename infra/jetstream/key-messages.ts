import { z } from 'zod'
import { EventStoreUnavailable } from '../../commands/event-store.ts'
import type { StoredKeys } from '../../commands/personal/key-bucket.ts'
import type { KeyName } from '../../commands/personal/key-names.ts'

/** The stream of KV bucket `keys`. */
export const KEYS_STREAM = 'KV_keys'
const PREFIX = '$KV.keys.'

const stored = z.discriminatedUnion('status', [
  z.object({ status: z.literal('sheet'), masterKey: z.string(), keys: z.array(z.string().nullable()) }),
  z.object({ status: z.literal('wrapped'), id: z.string(), masterKey: z.string(), wrapped: z.string() }),
  z.object({ status: z.literal('erased') }),
])

export function keySubject(name: KeyName): string {
  return `${PREFIX}${name}`
}

export function nameOfSubject(subject: string): KeyName {
  return subject.slice(PREFIX.length) as KeyName
}

export function encodeKeys(keys: StoredKeys): Uint8Array {
  return Buffer.from(JSON.stringify(keys))
}

/** @throws EventStoreUnavailable when it is no key: somebody else wrote there, which says nothing about anybody. */
export function decodeKeys(subject: string, bytes: Uint8Array): StoredKeys {
  const read = stored.safeParse(parse(bytes))
  if (read.success) return read.data
  throw new EventStoreUnavailable(`what stands at ${subject} is no key`)
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch {
    return undefined
  }
}
