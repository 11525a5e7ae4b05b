/** An object that a pointer or a base names: where it is, and what proves that it is the one. */
export interface ObjectReference {
  readonly object: string
  /** Of the bytes as stored. */
  readonly sha256: string
  /** As stored. */
  readonly bytes: number
}

/** Longest object, in bytes as stored. A part of 32k entries has about one million. */
export const MOST_STORED_BYTES = 16 * 2 ** 20
/** Longest object once unpacked. */
export const MOST_UNPACKED_BYTES = 64 * 2 ** 20
