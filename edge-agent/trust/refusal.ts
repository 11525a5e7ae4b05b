/** Why a manifest is not taken. The data stays as it is. */
export type RefusalCode =
  /** A signature does not hold, or its key is not one that the root vouches for. */
  | 'signature'
  /** Not the form that was agreed on. */
  | 'invalid'
  /** Signed for another device. */
  | 'device'
  /** What says that it is the newest has run out, or is not valid yet. */
  | 'expired'
  /** The device has had a later one. */
  | 'older'
  /** A version of the tables, or of canonical rows, that this agent does not know. */
  | 'schema_version'
  | 'canon_version'
  /** More than this device may hold. */
  | 'too_large'
  /** The bytes that came are not those that were signed. */
  | 'content'
  /** Central's own refusal. */
  | 'central'

/** Thrown within a flight, which ends with it as an outcome: nothing of the manifest is used. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: RefusalCode

  constructor(code: RefusalCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
