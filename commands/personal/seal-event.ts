import type { Envelope } from '../../schemas/envelope.ts'
import type { PersonKey } from './person-key.ts'
import { seal } from './seal.ts'
import { placeOf, SEALED_DIGEST, SEALED_FIELD, type SealedEnvelope } from '../../schemas/sealed-envelope.ts'

/** The event as it may stand in the log: these fields of it, and the digest of its command, for the holder of the key only. */
export function sealEvent(
  envelope: Envelope,
  person: string,
  fields: readonly string[],
  key: PersonKey,
): SealedEnvelope {
  const data = { ...envelope.data }
  const secret: Record<string, string> = {}
  for (const field of fields) {
    const value = data[field]
    if (typeof value !== 'string') continue
    secret[field] = value
    data[field] = SEALED_FIELD
  }
  const content = JSON.stringify({ data: secret, commanddigest: envelope.commanddigest })
  return {
    ...envelope,
    data,
    commanddigest: SEALED_DIGEST,
    person,
    personkey: key.id,
    sealed: seal(key.secret, content, placeOf(envelope, person)),
  }
}
