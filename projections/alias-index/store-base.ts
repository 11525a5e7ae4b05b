import type { AliasIndexBase, AliasIndexPart } from '../../schemas/alias-index.ts'
import { entriesOf, type PublishedRow } from './index-columns.ts'
import type { IndexObjects } from './index-objects.ts'
import { storeObject, type StoredObject } from './store-object.ts'

interface Base {
  readonly scopeKey: string
  readonly version: number
  readonly position: number
}

/** The base, and what was stored in all for it. */
export interface StoredBase {
  readonly base: StoredObject
  readonly totalBytes: number
}

/** `site.KSEA/v7.json`: the object of a version. */
export function objectName({ scopeKey, version }: Pick<Base, 'scopeKey' | 'version'>): string {
  return `${scopeKey}/v${version}.json`
}

/** Stores a whole scope as one object. @throws as {@link storeObject}. */
export async function storeBase(objects: IndexObjects, base: Base, rows: readonly PublishedRow[]): Promise<StoredBase> {
  const stored = await storeRoot(objects, base, entriesOf(rows), [])
  return { base: stored, totalBytes: stored.bytes }
}

/** Stores a scope in parts, one after the other, and then the base that names them. @throws as {@link storeObject}. */
export async function storeSplitBase(
  objects: IndexObjects,
  base: Base,
  parts: AsyncIterable<readonly PublishedRow[]>,
): Promise<StoredBase> {
  const stored: AliasIndexBase['parts'] = []
  const { scopeKey, version } = base
  for await (const rows of parts) {
    const part: AliasIndexPart = { kind: 'part', scope: scopeKey, version, entries: entriesOf(rows) }
    const name = `${scopeKey}/v${version}.${stored.length + 1}.json`
    stored.push({ ...(await storeObject(objects, name, part, { from: 0, to: version })), entries: rows.length })
  }
  const root = await storeRoot(objects, base, [], stored)
  return { base: root, totalBytes: stored.reduce((sum, { bytes }) => sum + bytes, root.bytes) }
}

function storeRoot(
  objects: IndexObjects,
  { scopeKey, version, position }: Base,
  entries: AliasIndexBase['entries'],
  parts: AliasIndexBase['parts'],
): Promise<StoredObject> {
  const value: AliasIndexBase = { kind: 'base', scope: scopeKey, version, position, entries, parts }
  const totalBytes = parts.reduce((sum, { bytes }) => sum + bytes, 0)
  return storeObject(objects, objectName({ scopeKey, version }), value, { from: 0, to: version, totalBytes })
}
