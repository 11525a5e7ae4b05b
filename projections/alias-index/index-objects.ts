/** What an object is, beside its bytes: it holds all changes of the versions `from` to `to`; a base and its parts from 0. */
export interface ObjectLabel {
  readonly from: number
  readonly to: number
  /** Of a base: its bytes and those of all its parts. */
  readonly totalBytes?: number
}

export interface IndexObject extends ObjectLabel {
  readonly name: string
  readonly bytes: number
  /** Epoch milliseconds. */
  readonly storedAt: number
}

export interface PutResult {
  readonly wasStored: boolean
  /** undefined: the store has nothing, whatever it said before. */
  readonly held: Uint8Array | undefined
}

/** The bucket of index objects. Names are used once and never overwritten. Rejects when it is away. */
export interface IndexObjects {
  /** Stores it unless there is one of this name: then that one stays. Reads back what stands under the name then. */
  put(name: string, bytes: Uint8Array, label: ObjectLabel): Promise<PutResult>
  /** As the store holds it now; undefined when there is none. */
  get(name: string): Promise<Uint8Array | undefined>
  label(name: string): Promise<ObjectLabel | undefined>
  list(): Promise<readonly IndexObject[]>
  remove(name: string): Promise<void>
  /** Removes what a store that was cut off has left before `before` (epoch milliseconds), and says how many that were. */
  removeFragments(before: number): Promise<number>
}
