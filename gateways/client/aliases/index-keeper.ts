import { setTimeout as sleep } from 'node:timers/promises'
import { aliasIndexBase, type AliasIndexPointer } from '../../../schemas/alias-index.ts'
import type { IndexDirectory, KeptPointer } from './index-directory.ts'
import { IndexFault } from './index-fault.ts'
import type { ObjectReference } from './object-reference.ts'
import { unpackObject } from './unpack-object.ts'
import type { VerifiedObjects } from './verified-objects.ts'

/** Shortest time from one version on disk to the next, in milliseconds: a start a second behind catches up with a delta or two. */
const PAUSE_MS = 1000

/** Keeps the newest version of one scope on disk, however fast versions come: those in between are left out. */
export class IndexKeeper {
  readonly #scope: string
  readonly #directory: IndexDirectory
  readonly #objects: VerifiedObjects
  readonly #onFault: (fault: IndexFault) => void
  readonly #closing = new AbortController()
  #wanted: KeptPointer | undefined
  #working: Promise<void> | undefined
  #parts: { readonly base: string; readonly parts: readonly ObjectReference[] } | undefined

  constructor(
    scope: string,
    directory: IndexDirectory,
    objects: VerifiedObjects,
    onFault: (fault: IndexFault) => void,
  ) {
    this.#scope = scope
    this.#directory = directory
    this.#objects = objects
    this.#onFault = onFault
  }

  /** This version is in memory now. Never throws: without a disk the index still answers. */
  keep(kept: KeptPointer): void {
    this.#wanted = kept
    this.#working ??= this.#work().finally(() => (this.#working = undefined))
  }

  /** Keeps what is still to be kept, then stops. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#working
  }

  async #work(): Promise<void> {
    const { signal } = this.#closing
    while (this.#wanted !== undefined) {
      const wanted = this.#wanted
      this.#wanted = undefined
      try {
        await this.#write(wanted)
      } catch (error) {
        this.#onFault(IndexFault.of(error, this.#scope, 'directory'))
      }
      this.#objects.forgetWaiting()
      await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  async #write(kept: KeptPointer): Promise<void> {
    const { pointer } = kept
    const references = [pointer, ...pointer.deltas, ...(await this.#partsOf(pointer))]
    for (const reference of references)
      if (!(await this.#directory.has(reference))) await this.#directory.keep(reference, await this.#read(reference))
    await this.#directory.keepPointer(kept, references)
  }

  /** What a base is split into stands in the base, which a client that goes from delta to delta never reads. */
  async #partsOf(pointer: AliasIndexPointer): Promise<readonly ObjectReference[]> {
    if (this.#parts?.base !== pointer.sha256) {
      const base = await unpackObject(pointer, await this.#read(pointer), aliasIndexBase, this.#scope)
      this.#parts = { base: pointer.sha256, parts: base.parts }
    }
    return this.#parts.parts
  }

  /** Not ended by closing, which waits for it: it has a time limit of its own. */
  #read(reference: ObjectReference): Promise<Uint8Array> {
    return this.#objects.read(reference, new AbortController().signal)
  }
}
