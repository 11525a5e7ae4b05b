import { z } from 'zod'
import type { Envelope } from '../../schemas/envelope.ts'
import { ERASED } from '../../schemas/personal.ts'
import type { PersonKey } from './person-key.ts'
import { open } from './seal.ts'
import { placeOf, type SealedEnvelope } from '../../schemas/sealed-envelope.ts'

const content = z.object({ data: z.record(z.string(), z.string()), commanddigest: z.string() })

/**
 * The event as it was before it was sealed. Without its key every personal text says `erased`. What the right key does not
 * open was tampered with: it stays sealed, and whoever reads it finds that it is not what its type says.
 */
export function openEvent(sealed: SealedEnvelope, key: PersonKey | undefined | null): Envelope {
  const { person, personkey, sealed: text, ...envelope } = sealed
  if (key?.id !== personkey) return { ...envelope, data: erased(envelope.data), commanddigest: ERASED }
  const opened = open(key.secret, text, placeOf(envelope, person))
  if (opened === undefined) return envelope
  const { data, commanddigest } = content.parse(JSON.parse(opened.toString()))
  return { ...envelope, data: { ...envelope.data, ...data }, commanddigest }
}

function erased(data: Envelope['data']): Envelope['data'] {
  return Object.fromEntries(
    Object.entries(data).map(([field, value]) => [field, isPlaceholder(value) ? ERASED : value]),
  )
}

function isPlaceholder(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'sealed' in value && value.sealed === true
}
