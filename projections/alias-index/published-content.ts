import {
  aliasIndexBase,
  aliasIndexDelta,
  aliasIndexPart,
  type AliasIndexEntries,
  type AliasIndexPointer,
} from '../../schemas/alias-index.ts'
import { nameKey } from '../../domain/alias/name-key.ts'
import type { IndexObjects } from './index-objects.ts'
import { sha256, unpackObject } from './pack-object.ts'

/** One name as clients see it. */
export interface PublishedEntry {
  readonly node: string
  readonly nameKey: string
  readonly name: string
  readonly target: string
  readonly id: number
  readonly expires: number
}

interface Reference {
  readonly object: string
  readonly sha256: string
}

/**
 * Everything that a pointer stands for, in no order. Of a split scope only one part is in memory, and the deltas.
 * @throws Error when an object is gone, or is not what the pointer says.
 */
export async function* publishedContent(
  objects: Pick<IndexObjects, 'get'>,
  pointer: AliasIndexPointer,
): AsyncGenerator<PublishedEntry, void> {
  const latest = new Map<string, PublishedEntry | undefined>()
  for (const reference of pointer.deltas) {
    const { entries, removed } = aliasIndexDelta.parse(await read(objects, reference))
    for (const entry of flatten(entries)) latest.set(keyOf(entry), entry)
    for (const { node, nameKeys } of removed)
      for (const name of nameKeys) latest.set(keyOf({ node: node ?? '', nameKey: name }), undefined)
  }
  const base = aliasIndexBase.parse(await read(objects, pointer))
  for (const entry of flatten(base.entries)) if (!latest.has(keyOf(entry))) yield entry
  for (const reference of base.parts) {
    const part = aliasIndexPart.parse(await read(objects, reference))
    for (const entry of flatten(part.entries)) if (!latest.has(keyOf(entry))) yield entry
  }
  for (const entry of latest.values()) if (entry !== undefined) yield entry
}

async function read(objects: Pick<IndexObjects, 'get'>, { object, sha256: digest }: Reference): Promise<unknown> {
  const bytes = await objects.get(object)
  if (bytes === undefined) throw new Error(`${object} is gone`)
  if (sha256(bytes) !== digest) throw new Error(`${object} is not what its pointer says`)
  return unpackObject(bytes)
}

function* flatten(groups: readonly AliasIndexEntries[]): Generator<PublishedEntry> {
  for (const { node, names, targets, ids, expires } of groups)
    for (const [i, name] of names.entries())
      yield {
        node: node ?? '',
        nameKey: nameKey(name),
        name,
        target: targets[i] ?? '',
        id: ids[i] ?? 0,
        expires: expires[i] ?? 0,
      }
}

function keyOf({ node, nameKey: key }: Pick<PublishedEntry, 'node' | 'nameKey'>): string {
  return `${node}\n${key}`
}
