import type { AliasIndexDelta, AliasIndexEntries } from '../../schemas/alias-index.ts'

/** A row of `index_entries` as it goes into an object. */
export interface PublishedRow {
  readonly scope_key: string
  readonly node: string
  readonly name_key: string
  readonly name: string
  readonly target: string
  readonly id: number
  /** Taken and enabled: what is not answers as if absent. */
  readonly is_live: boolean
  readonly expires: number
}

/** Live rows, in order of node, as columns: one group per node. */
export function entriesOf(rows: Iterable<PublishedRow>): AliasIndexEntries[] {
  const groups: AliasIndexEntries[] = []
  for (const row of rows) {
    if (!row.is_live) continue
    const node = row.node === '' ? null : row.node
    let group = groups.at(-1)
    if (group === undefined || group.node !== node) {
      group = { node, names: [], targets: [], ids: [], expires: [] }
      groups.push(group)
    }
    if (row.expires !== 0 && group.expires.length === 0) group.expires = group.names.map(() => 0)
    if (row.expires !== 0 || group.expires.length > 0) group.expires.push(row.expires)
    group.names.push(row.name)
    group.targets.push(row.target)
    group.ids.push(row.id)
  }
  return groups
}

/** The name keys of rows that are not live, in order of node: one group per node. */
export function removedOf(rows: Iterable<PublishedRow>): AliasIndexDelta['removed'] {
  const groups: AliasIndexDelta['removed'] = []
  for (const row of rows) {
    if (row.is_live) continue
    const node = row.node === '' ? null : row.node
    const group = groups.at(-1)
    if (group !== undefined && group.node === node) group.nameKeys.push(row.name_key)
    else groups.push({ node, nameKeys: [row.name_key] })
  }
  return groups
}
