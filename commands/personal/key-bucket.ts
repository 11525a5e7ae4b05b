/** A person's key, encrypted with a master key; or the word that there shall be none any more. */
export type StoredKey =
  | { readonly status: 'wrapped'; readonly id: string; readonly masterKey: string; readonly wrapped: string }
  | { readonly status: 'erased' }

/** What stands under a person's name, and since which revision of the bucket. */
export interface PlacedKey {
  readonly key: StoredKey
  readonly revision: number
}

/**
 * Where wrapped keys are kept: the newest under each person's name. Every read is answered by who knows the newest. All
 * reject with EventStoreUnavailable when nobody does, or when it is unknown whether something was written.
 */
export interface KeyBucket {
  read(person: string): Promise<PlacedKey | undefined>

  /** Writes only if the newest is of this revision, 0: there is none. Returns the new revision; `undefined`: it was not. */
  write(person: string, key: StoredKey, expectedRevision: number): Promise<number | undefined>

  /** Overwrites on disk all that stands under the name and is older than the revision. */
  eraseBefore(person: string, revision: number): Promise<void>

  /** Everybody's once, as they stand; whoever's is written meanwhile may be left out. */
  all(): AsyncIterable<readonly [person: string, placed: PlacedKey]>
}
