import type { Envelope } from '../envelope.ts'
import { type SigningKeyEvent, signingKeyEventData } from './signing-key.ts'
import { UnknownEventError } from './unknown-event.ts'
import { upcast } from './upcast.ts'

/**
 * The event of signing keys in an envelope, upcast to the version that the rules know and checked against its schema.
 * @throws UnknownEventError when its name or version is newer than this code; z.ZodError when its data is not what its type says.
 */
export function readSigningKeyEvent(envelope: Pick<Envelope, 'type' | 'data'>): SigningKeyEvent {
  const { name, data } = upcast(envelope)
  if (name !== 'signing-key.rotated') throw new UnknownEventError(envelope.type)
  return { type: name, data: signingKeyEventData[name].parse(data) }
}
