import type { KeyName } from './key-names.ts'

/** Keys that were made ahead, each wrapped by itself with one master key, for people who were still to come. */
export interface StoredSheet {
  readonly status: 'sheet'
  readonly masterKey: string
  /** By their places; `null` where a key was destroyed. */
  readonly keys: readonly (string | null)[]
}

/** One key under the name of its person, as they were made before there were sheets. */
export interface StoredSingleKey {
  readonly status: 'wrapped'
  readonly id: string
  readonly masterKey: string
  readonly wrapped: string
}

/** What stands under a name: keys, encrypted with a master key; or, under a person's, the word that they were erased. */
export type StoredKeys = StoredSheet | StoredSingleKey | { readonly status: 'erased' }

/** What stands under a name, and since which revision of the bucket. */
export interface PlacedKeys {
  readonly keys: StoredKeys
  readonly revision: number
}

/**
 * Where wrapped keys are kept: the newest under each name. Every read is answered by who knows the newest. All reject with
 * EventStoreUnavailable when nobody does, or when it is unknown whether something was written.
 */
export interface KeyBucket {
  read(name: KeyName): Promise<PlacedKeys | undefined>

  /** Writes only if the newest is of this revision, 0: there is none. Returns the new revision; `undefined`: it was not. */
  write(name: KeyName, keys: StoredKeys, expectedRevision: number): Promise<number | undefined>

  /** Overwrites on disk all that stands under the name and is older than the revision. */
  eraseBefore(name: KeyName, revision: number): Promise<void>

  /** Every name once, as it stands; what is written meanwhile may be left out. */
  all(): AsyncIterable<readonly [name: KeyName, placed: PlacedKeys]>
}
