import type { Envelope } from './envelope.ts'

/**
 * An event as it stands in the log when it says something of a person. Each personal text of its data is replaced by
 * {@link SEALED_FIELD}, and `commanddigest` by {@link SEALED_DIGEST}, or guesses at the texts could be checked by it.
 */
export interface SealedEnvelope extends Envelope {
  /** Whom it is about, and with which of their keys it is sealed. */
  readonly person: string
  readonly personkey: string
  /** Sealed JSON: `{data, commanddigest}`, of the data those fields only that were replaced. */
  readonly sealed: string
}

/** What stands in the data where a personal text was. No text of any sender can be taken for it. */
export const SEALED_FIELD = { sealed: true } as const
export const SEALED_DIGEST = 'sealed'

export function isSealed(envelope: Envelope): envelope is SealedEnvelope {
  return 'sealed' in envelope && 'person' in envelope && 'personkey' in envelope
}

/** What a sealed text is bound to: nowhere else it opens. */
export function placeOf({ type, id }: Envelope, person: string): string {
  return JSON.stringify(['event', person, type, id])
}
