import type { AliasIndexPointer } from '../../schemas/alias-index.ts'
import type { AliasIndexProgress } from '../../schemas/alias-index-keys.ts'

/** A value as the store holds it: `revision` is what the next move is compared with. */
export interface Placed<T> {
  readonly value: T
  readonly revision: number
  /** Epoch milliseconds. */
  readonly movedAt: number
}

export interface PointerMove {
  readonly scopeKey: string
  readonly pointer: AliasIndexPointer
  /** Revision of the pointer that it replaces; 0: there is none. */
  readonly expected: number
}

export interface ProgressMove {
  readonly progress: AliasIndexProgress
  readonly expected: number
}

/** The pointers to the current versions, and the progress key. Rejects when the store is away. */
export interface IndexPointers {
  /** @throws UnreadablePointer when what stands there is none. */
  read(scopeKey: string): Promise<Placed<AliasIndexPointer> | undefined>
  /** All pointers that can be read, each with its scope key. */
  all(): AsyncIterable<readonly [scopeKey: string, pointer: Placed<AliasIndexPointer>]>
  /** Its value is undefined where it cannot be read. */
  readProgress(): Promise<Placed<AliasIndexProgress | undefined> | undefined>
  /**
   * Moves all or none, the progress key last, so that a watcher sees them as one. At most 1,000 in all. False when one
   * does not stand as expected. Answers the revision of the last.
   */
  move(moves: readonly PointerMove[], progress?: ProgressMove): Promise<number | false>
}
