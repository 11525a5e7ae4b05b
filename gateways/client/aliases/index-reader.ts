import type { z } from 'zod'
import {
  aliasIndexBase,
  type AliasIndexBase,
  aliasIndexDelta,
  type AliasIndexDelta,
  type AliasIndexEntries,
  aliasIndexPart,
  type AliasIndexPart,
  type AliasIndexPointer,
} from '../../../schemas/alias-index.ts'
import { LONGEST_NAME } from './folded-name.ts'
import { IndexFault } from './index-fault.ts'
import type { ObjectReference } from './object-reference.ts'
import type { DeltaReference } from './plan-update.ts'
import { unpackObject } from './unpack-object.ts'

/** Gives the bytes of an object, proven to be those that the reference names. @throws IndexFault. */
export type ReadObject = (reference: ObjectReference, signal: AbortSignal) => Promise<Uint8Array>

/** NFKC makes at most 18 characters of one. */
const LONGEST_KEY = LONGEST_NAME * 18
/** Deltas that are fetched at the same time. They are small; a base with many would else wait for each. */
const AT_ONCE = 4

/** Reads the objects of one scope and holds them against what refers to them. Everything throws IndexFault. */
export class IndexReader {
  readonly #scope: string
  readonly #read: ReadObject

  constructor(scope: string, read: ReadObject) {
    this.#scope = scope
    this.#read = read
  }

  async base(pointer: AliasIndexPointer, signal: AbortSignal): Promise<AliasIndexBase> {
    const base = await this.#content(pointer, aliasIndexBase, signal)
    this.#expect(pointer, base.version === pointer.baseVersion, `is of version ${base.version}`)
    return base
  }

  /** One after the other: of a large scope, one part at a time is unpacked in memory. */
  async *parts({ parts }: AliasIndexBase, signal: AbortSignal): AsyncGenerator<AliasIndexPart, void, undefined> {
    for (const reference of parts) {
      const part = await this.#content(reference, aliasIndexPart, signal)
      const count = part.entries.reduce((sum, { names }) => sum + names.length, 0)
      this.#expect(reference, count === reference.entries, `holds ${count} names`)
      yield part
    }
  }

  /** In order. */
  async deltas(references: readonly DeltaReference[], signal: AbortSignal): Promise<readonly AliasIndexDelta[]> {
    const deltas: AliasIndexDelta[] = []
    for (let at = 0; at < references.length; at += AT_ONCE)
      deltas.push(...(await Promise.all(references.slice(at, at + AT_ONCE).map((one) => this.#delta(one, signal)))))
    return deltas
  }

  async #delta(reference: DeltaReference, signal: AbortSignal): Promise<AliasIndexDelta> {
    const delta = await this.#content(reference, aliasIndexDelta, signal)
    const { from, to } = delta
    this.#expect(reference, from === reference.from && to === reference.to, `is of versions ${from} to ${to}`)
    this.#expect(reference, delta.removed.every(this.#isOfScope), 'has nodes where there are none')
    const keys = delta.removed.every(({ nameKeys }) => nameKeys.every(({ length }) => length <= LONGEST_KEY))
    this.#expect(reference, keys, 'removes what is too long for a name')
    return delta
  }

  async #content<T extends { readonly scope: string; readonly entries: readonly AliasIndexEntries[] }>(
    reference: ObjectReference,
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const content = await unpackObject(reference, await this.#read(reference, signal), schema, this.#scope)
    signal.throwIfAborted()
    this.#expect(reference, content.scope === this.#scope, `is of scope ${content.scope}`)
    this.#expect(reference, content.entries.every(isEven), 'has columns that do not belong together')
    this.#expect(reference, content.entries.every(this.#isOfScope), 'has nodes where there are none')
    return content
  }

  readonly #isOfScope = ({ node }: { readonly node: string | null }): boolean =>
    node === null || this.#scope.startsWith('site.')

  #expect({ object }: ObjectReference, holds: boolean, otherwise: string): void {
    if (!holds) throw new IndexFault('object_corrupt', this.#scope, `${object} ${otherwise}`)
  }
}

function isEven({ names, targets, ids, expires }: AliasIndexEntries): boolean {
  return (
    names.length === targets.length &&
    names.length === ids.length &&
    (expires.length === 0 || expires.length === names.length) &&
    names.every(({ length }) => length > 0 && length <= LONGEST_NAME)
  )
}
