import { createHash } from 'node:crypto'
import { zstdCompressSync } from 'node:zlib'
import { type KV, Kvm } from '@nats-io/kv'
import { type ObjectStore, Objm } from '@nats-io/obj'
import type { NatsConnection } from '@nats-io/transport-node'
import { nameKey } from '../../domain/alias/name-key.ts'
import {
  aliasIndexBase,
  aliasIndexDelta,
  type AliasIndexEntries,
  aliasIndexPart,
  aliasIndexPointer,
  type AliasIndexPointer,
  type IndexScope,
  indexScopeKey,
} from '../../schemas/alias-index.ts'

export interface Entry {
  /** null, as when left out: the scope's own level. */
  readonly node?: string | null
  readonly name: string
  readonly target: string
  readonly id?: number
  readonly expiresAt?: number
}

export interface Change {
  readonly set?: readonly Entry[]
  readonly remove?: readonly { readonly node?: string | null; readonly name: string }[]
}

interface Reference {
  readonly object: string
  readonly sha256: string
  readonly bytes: number
}

/** How many changes of a scope stay apart before they are merged into one delta. */
const MERGE_AT = 8
export const EPOCH = '01KHZZZZZZZZZZZZZZZZZZZZZZ'

/** Publishes versions of one scope as the format says, for tests of those who read them. */
export class AliasIndexPublisher {
  readonly key: string
  readonly #kv: KV
  readonly #objects: ObjectStore
  readonly #entries = new Map<string, Entry>()
  #revision = 0
  #stored = 0
  #pointer: AliasIndexPointer | undefined
  /** Changes since the base, by name, each with the version that made it last. */
  #deltas: { readonly from: number; readonly to: number; readonly change: Change }[] = []

  private constructor(scope: IndexScope, kv: KV, objects: ObjectStore) {
    this.key = indexScopeKey(scope)
    this.#kv = kv
    this.#objects = objects
  }

  static async open(connection: NatsConnection, scope: IndexScope): Promise<AliasIndexPublisher> {
    const kv = await new Kvm(connection).create('schema', { allow_direct: true })
    return new AliasIndexPublisher(scope, kv, await new Objm(connection).create('alias-index'))
  }

  get pointer(): AliasIndexPointer {
    if (this.#pointer === undefined) throw new Error('nothing is published')
    return this.#pointer
  }

  /** What the last version holds, by node and name key. */
  get content(): ReadonlyMap<string, Entry> {
    return this.#entries
  }

  /** A version with this content alone, as a base; split into parts of so many entries. */
  async base(entries: readonly Entry[], { epoch = EPOCH, partEntries = Infinity } = {}): Promise<AliasIndexPointer> {
    const version = (this.#pointer?.version ?? 0) + 1
    this.#entries.clear()
    for (const entry of entries) this.#entries.set(place(entry), entry)
    this.#deltas = []
    return this.#putBase(version, epoch, partEntries)
  }

  /** A version with these changes, as a delta; earlier deltas are merged when there are many. */
  async change(change: Change): Promise<AliasIndexPointer> {
    const { version, ...rest } = this.pointer
    const next = version + 1
    this.#apply(change)
    this.#deltas.push({ from: next, to: next, change })
    const deltas = [...this.pointer.deltas, await this.#putDelta(next, next, change)]
    return this.put({
      ...rest,
      version: next,
      position: next,
      deltas: deltas.length > MERGE_AT ? [await this.merged()] : deltas,
    })
  }

  /** All deltas since the base as one object. */
  async merged(): Promise<AliasIndexPointer['deltas'][number]> {
    const from = this.#deltas[0]?.from ?? 0
    const to = this.#deltas.at(-1)?.to ?? 0
    const touched = new Map<string, { node: string | null; name: string }>()
    for (const { change } of this.#deltas)
      for (const { node = null, name } of [...(change.set ?? []), ...(change.remove ?? [])])
        touched.set(place({ node, name }), { node, name })
    const set = [...touched.keys()].flatMap((key) => this.#entries.get(key) ?? [])
    const remove = [...touched.entries()].filter(([key]) => !this.#entries.has(key)).map(([, at]) => at)
    return this.#putDelta(from, to, { set, remove })
  }

  /** The content as it is, as a new base of the same version, and without the objects before. */
  async compact(partEntries = Infinity): Promise<AliasIndexPointer> {
    const { object, deltas, version, epoch } = this.pointer
    this.#deltas = []
    const pointer = await this.#putBase(version, epoch, partEntries)
    for (const gone of [object, ...deltas.map((delta) => delta.object)]) await this.#objects.delete(gone)
    return pointer
  }

  /** Moves the pointer, to whatever; by revision. */
  async put(pointer: AliasIndexPointer): Promise<AliasIndexPointer> {
    this.#pointer = pointer
    await this.putText(JSON.stringify(aliasIndexPointer.parse(pointer)))
    return pointer
  }

  async putText(text: string): Promise<void> {
    const key = `alias_index.${this.key}`
    this.#revision = await this.#kv.put(key, text, this.#revision === 0 ? {} : { previousSeq: this.#revision })
  }

  /** Stores bytes as an object, and says what they should be. */
  async store(content: Uint8Array): Promise<Reference> {
    const object = `${this.key}/v${this.pointerVersion()}-${++this.#stored}.json`
    await this.#objects.putBlob({ name: object }, content)
    return { object, sha256: createHash('sha256').update(content).digest('hex'), bytes: content.byteLength }
  }

  async replaceObject(object: string, content: Uint8Array): Promise<void> {
    await this.#objects.putBlob({ name: object }, content)
  }

  async deleteObject(object: string): Promise<void> {
    await this.#objects.delete(object)
  }

  async progress(position: number, epoch = EPOCH): Promise<void> {
    await this.#kv.put('alias_index_progress', JSON.stringify({ epoch, position, generation: 1 }))
  }

  pointerVersion(): number {
    return this.#pointer?.version ?? 0
  }

  #apply({ set = [], remove = [] }: Change): void {
    for (const gone of remove) this.#entries.delete(place(gone))
    for (const entry of set) this.#entries.set(place(entry), entry)
  }

  async #putBase(version: number, epoch: string, partEntries: number): Promise<AliasIndexPointer> {
    const all = [...this.#entries.values()]
    const scope = this.key
    const parts: (Reference & { entries: number })[] = []
    for (let at = 0; all.length > partEntries && at < all.length; at += partEntries) {
      const some = all.slice(at, at + partEntries)
      parts.push({
        ...(await this.#pack(aliasIndexPart.parse({ kind: 'part', scope, version, entries: columns(some) }))),
        entries: some.length,
      })
    }
    const entries = parts.length > 0 ? [] : columns(all)
    const base = await this.#pack(
      aliasIndexBase.parse({ kind: 'base', scope, version, position: version, entries, parts }),
    )
    return this.put(
      aliasIndexPointer.parse({ ...base, version, baseVersion: version, epoch, position: version, deltas: [] }),
    )
  }

  async #putDelta(
    from: number,
    to: number,
    { set = [], remove = [] }: Change,
  ): Promise<AliasIndexPointer['deltas'][number]> {
    const removed = [...Map.groupBy(remove, ({ node = null }) => node)].map(([node, names]) => ({
      node,
      nameKeys: names.map(({ name }) => nameKey(name)),
    }))
    const delta = { kind: 'delta', scope: this.key, from, to, position: to, entries: columns(set), removed }
    return { ...(await this.#pack(aliasIndexDelta.parse(delta))), from, to }
  }

  #pack(content: object): Promise<Reference> {
    return this.store(zstdCompressSync(JSON.stringify(content)))
  }
}

/** Where an alias is, as one text. */
export function place({ node = null, name }: { readonly node?: string | null; readonly name: string }): string {
  return JSON.stringify([node, nameKey(name)])
}

function columns(entries: readonly Entry[]): AliasIndexEntries[] {
  return [...Map.groupBy(entries, ({ node = null }) => node)].map(([node, some]) => ({
    node,
    names: some.map(({ name }) => name),
    targets: some.map(({ target }) => target),
    ids: some.map(({ id = 1 }) => id),
    expires: some.some(({ expiresAt = 0 }) => expiresAt > 0) ? some.map(({ expiresAt = 0 }) => expiresAt) : [],
  }))
}
