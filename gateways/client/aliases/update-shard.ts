import { nameKey } from '../../../domain/alias/name-key.ts'
import type { AliasIndexBase, AliasIndexDelta, AliasIndexPart } from '../../../schemas/alias-index.ts'
import { type AliasChange, changeBetween } from './alias-change.ts'
import type { AliasShard } from './alias-shard.ts'
import { ABSENT, type AliasTable } from './alias-table.ts'
import type { ResolvedAlias } from './resolved-alias.ts'
import { SLICE, type Slices } from './slices.ts'

export interface UpdateOptions {
  readonly slices: Slices
  /** Whether anybody listens: without, no change is looked for. */
  readonly wantsChanges: boolean
  readonly now: () => number
}

/** Takes a prepared version in, in one turn of the event loop. @returns what it changed, in no order that matters. */
export type Commit = () => readonly AliasChange[]

/** A whole scope from its base, the base's parts, and the deltas after it. */
export async function prepareAnew(
  shard: AliasShard,
  base: AliasIndexBase,
  parts: AsyncIterable<AliasIndexPart>,
  deltas: readonly AliasIndexDelta[],
  options: UpdateOptions,
): Promise<Commit> {
  const { slices } = options
  const inBase = base.entries.reduce((sum, { names }) => sum + names.length, 0)
  const table = shard.empty(base.parts.reduce((sum, { entries }) => sum + entries, inBase))
  await shard.fill(table, base.entries, slices)
  for await (const { entries } of parts) await shard.fill(table, entries, slices)
  for (const delta of deltas) await applySliced(shard, table, delta, slices)
  return swapping(shard, table, options)
}

/** What is known, and the deltas after it. Few changes are made in place, many in a copy. */
export async function prepareDeltas(
  shard: AliasShard,
  deltas: readonly AliasIndexDelta[],
  options: UpdateOptions,
): Promise<Commit> {
  const count = deltas.reduce((sum, delta) => sum + changesIn(delta), 0)
  if (count <= SLICE && !shard.table.wasteful) return () => applyInPlace(shard, deltas, options)
  const table = await shard.copy(count, options.slices)
  for (const delta of deltas) await applySliced(shard, table, delta, options.slices)
  return swapping(shard, table, options)
}

function changesIn({ entries, removed }: AliasIndexDelta): number {
  const set = entries.reduce((sum, { names }) => sum + names.length, 0)
  return removed.reduce((sum, { nameKeys }) => sum + nameKeys.length, set)
}

async function applySliced(
  shard: AliasShard,
  table: AliasTable,
  { entries, removed }: AliasIndexDelta,
  slices: Slices,
): Promise<void> {
  for (const { node, nameKeys } of removed) {
    const ordinal = shard.node(node)
    for (const key of nameKeys) {
      if (slices.isFull()) await slices.pause()
      shard.remove(table, ordinal, key)
    }
  }
  await shard.fill(table, entries, slices)
}

function applyInPlace(
  shard: AliasShard,
  deltas: readonly AliasIndexDelta[],
  { wantsChanges, now }: UpdateOptions,
): readonly AliasChange[] {
  const { table } = shard
  const touched = wantsChanges ? touchedBy(shard, deltas) : []
  for (const { entries, removed } of deltas) {
    for (const { node, nameKeys } of removed) for (const key of nameKeys) shard.remove(table, shard.node(node), key)
    for (const { node, names, targets, ids, expires } of entries)
      for (const [i, name] of names.entries())
        shard.set(table, shard.node(node), {
          name,
          target: targets[i] ?? '',
          id: ids[i] ?? 0,
          expiresAt: expires[i] ?? 0,
        })
  }
  const at = now()
  return touched.flatMap(({ node, key, old }) => changeBetween(old, shard.get(table, node, key), at) ?? [])
}

interface Touched {
  readonly node: number
  readonly key: string
  readonly old: ResolvedAlias | undefined
}

/** Each name that the deltas are about, once, as it is before them. */
function touchedBy(shard: AliasShard, deltas: readonly AliasIndexDelta[]): Touched[] {
  const touched = new Map<string, Touched>()
  const touch = (node: number, key: string): void => {
    const place = `${node} ${key}`
    if (!touched.has(place)) touched.set(place, { node, key, old: shard.get(shard.table, node, key) })
  }
  for (const { entries, removed } of deltas) {
    for (const { node, nameKeys } of removed) for (const key of nameKeys) touch(shard.node(node), key)
    for (const { node, names } of entries) for (const name of names) touch(shard.node(node), nameKey(name))
  }
  return [...touched.values()]
}

async function swapping(shard: AliasShard, table: AliasTable, options: UpdateOptions): Promise<Commit> {
  const changes = options.wantsChanges ? await difference(shard, table, options) : []
  return () => {
    shard.swap(table)
    return changes
  }
}

async function difference(
  shard: AliasShard,
  after: AliasTable,
  { slices, now }: UpdateOptions,
): Promise<AliasChange[]> {
  const before = shard.table
  const at = now()
  const changes: AliasChange[] = []
  for (let record = before.next(ABSENT); record !== ABSENT; record = before.next(record)) {
    if (slices.isFull()) await slices.pause()
    const old = before.copy(record)
    const change = changeBetween(old, shard.get(after, shard.nodeOf(old), nameKey(old.name)), at)
    if (change !== undefined) changes.push(change)
  }
  for (let record = after.next(ABSENT); record !== ABSENT; record = after.next(record)) {
    if (slices.isFull()) await slices.pause()
    const now = after.copy(record)
    const old = shard.get(before, shard.nodeOf(now), nameKey(now.name))
    const change = old === undefined ? changeBetween(old, now, at) : undefined
    if (change !== undefined) changes.push(change)
  }
  return changes
}
