import { z } from 'zod'
import { EventStoreUnavailable } from '../../commands/event-store.ts'
import type { StoredKey } from '../../commands/personal/key-bucket.ts'
import { escapeToken, unescapeToken } from '../../schemas/subjects.ts'

/** The stream of KV bucket `keys`. */
export const KEYS_STREAM = 'KV_keys'
const PREFIX = '$KV.keys.'

const stored = z.discriminatedUnion('status', [
  z.object({ status: z.literal('wrapped'), id: z.string(), masterKey: z.string(), wrapped: z.string() }),
  z.object({ status: z.literal('erased') }),
])

export function keySubject(person: string): string {
  return `${PREFIX}${escapeToken(person)}`
}

export function personOfKey(subject: string): string {
  return unescapeToken(subject.slice(PREFIX.length))
}

export function encodeKey(key: StoredKey): Uint8Array {
  return Buffer.from(JSON.stringify(key))
}

/** @throws EventStoreUnavailable when it is no key: somebody else wrote there, which says nothing about the person. */
export function decodeKey(subject: string, bytes: Uint8Array): StoredKey {
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
