export interface PayloadObject {
  /** Of the chunk before compression. */
  readonly sha256: string
  /** Epoch milliseconds. */
  readonly storedAt: number
}

/** Object Store bucket `payloads`: chunks (zstd) by the sha256 of their uncompressed bytes. What rejects is an outage. */
export interface PayloadObjects {
  /** One that is there already stays: the same name is the same content. */
  put(sha256: string, compressed: Uint8Array): Promise<void>
  list(): Promise<readonly PayloadObject[]>
  /** Its bytes are overwritten where they were stored: they may say something of people who are to be forgotten. */
  remove(sha256: string): Promise<void>
  /** Pieces that a crash left, older than `before` (epoch milliseconds). */
  removeFragments(before: number): Promise<number>
}
