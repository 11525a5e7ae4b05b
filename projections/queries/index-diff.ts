import { alias, type AliasState } from '../../domain/alias/alias.ts'
import type { IndexScope } from '../../schemas/alias-index.ts'
import { currentType } from '../../schemas/events/current-version.ts'
import { readAliasEvent } from '../../schemas/events/read-alias-event.ts'
import type { IndexChange, IndexDiffPage, IndexedAlias } from '../../schemas/queries/alias-index.ts'
import type { Scope } from '../../schemas/scope.ts'
import { escapeToken } from '../../schemas/subjects.ts'
import { isoTime } from '../alias-row.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { findIndexVersion } from './index-versions.ts'
import type { Read } from './read.ts'
import { scopeKey } from './scope-key.ts'

export interface IndexDiffQuery {
  readonly scope: IndexScope
  readonly from: number
  readonly to: number
  readonly cursor?: string | undefined
  readonly limit: number
}

/**
 * What of a scope's index is other at version `to` than at version `from`, by scope and name key: folded from the events
 * of each slot that was touched in between. A page may have fewer changes than its limit, where a slot came back to what
 * it was. The history, which another projector writes, is waited for with `untilHistory`. `undefined` when a version is unknown. @throws RangeError when the cursor is not one of this list's.
 */
export async function indexDiff(
  read: Read,
  query: IndexDiffQuery,
  untilHistory: (position: number) => Promise<void>,
): Promise<IndexDiffPage | undefined> {
  const from = await findIndexVersion(read, { scope: query.scope, version: query.from })
  const to = await findIndexVersion(read, { scope: query.scope, version: query.to })
  if (from === undefined || to === undefined) return undefined
  const positions = [from.position, to.position].toSorted((a, b) => a - b)
  await untilHistory(positions[1] ?? 0)
  const touched = await touchedSlots(read, query, positions)
  const page = touched.slice(0, query.limit)
  const last = touched.length > query.limit ? page.at(-1) : undefined
  const events = await eventsOf(read, page, positions[1] ?? 0)
  const changes = page.flatMap((slot) => changeOf(events.get(slotText(slot)) ?? [], from.position, to.position) ?? [])
  return { from, to, changes, nextCursor: last ? writeCursor([last.scope_key, last.name_key]) : null }
}

interface Slot {
  readonly scope_key: string
  readonly name_key: string
}

interface EventRow extends Slot {
  readonly position: string
  readonly at: string
  readonly actor: string
  readonly event: string
  readonly details: Record<string, unknown>
}

function touchedSlots(read: Read, query: IndexDiffQuery, positions: readonly number[]): Promise<readonly Slot[]> {
  const [scope, name] = query.cursor === undefined ? ['', ''] : readCursor(query.cursor, 2)
  // Nodes of a site are a range of keys: what begins with its prefix, up to the character after the dot.
  const nodes = query.scope.kind === 'site' ? `node.${escapeToken(query.scope.site)}` : undefined
  return read<Slot>(
    'slots touched between versions',
    `select scope_key, name_key
     from pharos.alias_history
     where (scope_key = $1 or (scope_key >= $2 || '.' and scope_key < $2 || '/'))
       and position > $3 and position <= $4 and (scope_key, name_key) > ($5, $6)
     group by scope_key, name_key
     order by scope_key, name_key
     limit $7::int`,
    [scopeKey(query.scope), nodes ?? null, ...positions, scope, name, query.limit + 1],
  )
}

async function eventsOf(
  read: Read,
  slots: readonly Slot[],
  until: number,
): Promise<ReadonlyMap<string, readonly EventRow[]>> {
  const rows = await read<EventRow>(
    'events of slots',
    `select history.scope_key, history.name_key, history.position, ${isoTime('history.at')} as at, history.actor,
       history.event, history.details
     from unnest($1::text[], $2::text[]) as slot (scope_key, name_key)
     join pharos.alias_history as history
       on history.scope_key = slot.scope_key and history.name_key = slot.name_key and history.position <= $3
     order by history.position`,
    [slots.map((slot) => slot.scope_key), slots.map((slot) => slot.name_key), until],
  )
  return Map.groupBy(rows, slotText)
}

function slotText(slot: Slot): string {
  return `${slot.scope_key}\n${slot.name_key}`
}

function changeOf(events: readonly EventRow[], from: number, to: number): IndexChange | undefined {
  const [before, after] = [indexedAt(events, from), indexedAt(events, to)]
  const scope = scopeOf(events)
  if (scope === undefined || JSON.stringify(before) === JSON.stringify(after)) return undefined
  const kind = before === null ? 'added' : after === null ? 'removed' : 'changed'
  return { kind, scope, before, after }
}

/** What the index says of the slot at a position: of a disabled alias nothing. */
function indexedAt(events: readonly EventRow[], position: number): IndexedAlias | null {
  const state = events
    .filter((row) => Number(row.position) <= position)
    .reduce<AliasState>((before, row) => alias.evolve(before, eventOf(row), recordedOf(row)), alias.initialState)
  if (state.status === 'free' || !state.enabled) return null
  const { name, target, number, expiresAt } = state
  return { name, target, number, expiresAt }
}

function scopeOf(events: readonly EventRow[]): Scope | undefined {
  return events[0] && eventOf(events[0]).data.scope
}

function eventOf({ event, details }: EventRow) {
  // The table holds events as this code's version of it shapes them.
  return readAliasEvent({ type: currentType(event), data: details })
}

function recordedOf({ position, at, actor }: EventRow) {
  return { sequence: Number(position), time: at, actor }
}
