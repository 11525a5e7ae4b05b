import { currentType } from '../../schemas/events/current-version.ts'
import { readAliasEvent } from '../../schemas/events/read-alias-event.ts'
import type { AliasView } from '../../schemas/queries/alias.ts'
import { nameKey } from '../../domain/alias/name-key.ts'
import { isoTime } from '../alias-row.ts'
import { readCursor, writeCursor } from '../queries/cursor.ts'
import type { AliasFilter } from '../queries/list-aliases.ts'
import type { Read } from '../queries/read.ts'
import { scopeKey } from '../queries/scope-key.ts'
import type { Moment } from './moment.ts'
import { slotAsOf, type SlotEvent } from './slot-as-of.ts'

interface EventRow {
  readonly scope_key: string
  readonly name_key: string
  readonly position: string
  readonly at: string
  readonly actor: string
  readonly event: string
  readonly details: Record<string, unknown>
}

interface SlotRows {
  readonly cursor: readonly [scopeKey: string, nameKey: string]
  readonly events: SlotEvent[]
}

/**
 * A page of the aliases that there were at a moment, as {@link listAliases} gives those that there are: from the history
 * of the slots that the filter lets through, so nothing is replayed that is not asked for. The tables must have
 * reached the moment. @throws RangeError when the cursor is not one of this list's.
 */
export async function listAliasesAsOf(
  read: Read,
  filter: Omit<AliasFilter, 'at'>,
  moment: Moment,
): Promise<{ readonly aliases: readonly AliasView[]; readonly nextCursor: string | null }> {
  const found: { readonly alias: AliasView; readonly cursor: readonly string[] }[] = []
  let after = filter.cursor === undefined ? undefined : readCursor(filter.cursor, 2)
  while (found.length <= filter.limit) {
    const slots = await slotsAfter(read, filter, moment, after)
    for (const { cursor, events } of slots) {
      const alias = slotAsOf(events, moment)
      // A slot may have named the target only before, or after.
      if (alias !== undefined && isWanted(alias, filter)) found.push({ alias, cursor })
    }
    after = slots.at(-1)?.cursor
    if (slots.length <= filter.limit) break
  }
  const page = found.slice(0, filter.limit)
  const last = found.length > filter.limit ? page.at(-1) : undefined
  return { aliases: page.map(({ alias }) => alias), nextCursor: last ? writeCursor(last.cursor) : null }
}

/** The next slots in order, one more than a page has, each with its events up to the moment. */
async function slotsAfter(
  read: Read,
  { scope, prefix, target, limit }: Omit<AliasFilter, 'at'>,
  { position }: Moment,
  after: readonly string[] | undefined,
): Promise<readonly SlotRows[]> {
  const values: unknown[] = []
  const value = (of: unknown): string => `$${values.push(of)}`
  const until = `position <= ${value(position.sequence)}::bigint`
  const conditions = [until]
  if (scope) conditions.push(`scope_key = ${value(scopeKey(scope))}`)
  if (prefix !== undefined) {
    const from = nameKey(prefix)
    conditions.push(`name_key >= ${value(from)} and name_key < ${value(`${from}\u{10FFFF}`)}`)
  }
  if (target) {
    const wanted = `${value(JSON.stringify(target))}::jsonb`
    // Every event that gives a slot its target says which; a folded one within the alias as it left it.
    conditions.push(`(details -> 'target' = ${wanted} or details #> '{alias,target}' = ${wanted})`)
  }
  if (after) conditions.push(`(scope_key, name_key) > (${value(after[0])}, ${value(after[1])})`)
  const rows = await read<EventRow>(
    undefined,
    `with slots as (
       select distinct scope_key, name_key
       from pharos.alias_history
       where ${conditions.join(' and ')}
       order by scope_key, name_key
       limit ${value(limit + 1)}::int
     )
     -- An event that ends one alias and begins another is in the history of both.
     select distinct on (history.scope_key, history.name_key, history.position)
       history.scope_key, history.name_key, history.position, ${isoTime('history.at')} as at, history.actor,
       history.event, history.details
     from slots
     join pharos.alias_history as history
       on history.scope_key = slots.scope_key and history.name_key = slots.name_key and history.${until}
     order by history.scope_key, history.name_key, history.position`,
    values,
  )
  const slots: SlotRows[] = []
  for (const row of rows) {
    const last = slots.at(-1)
    const isSame = last !== undefined && last.cursor[0] === row.scope_key && last.cursor[1] === row.name_key
    const slot: SlotRows = isSame ? last : { cursor: [row.scope_key, row.name_key], events: [] }
    if (!isSame) slots.push(slot)
    slot.events.push(slotEvent(row))
  }
  return slots
}

function slotEvent({ event, details, position, at, actor }: EventRow): SlotEvent {
  return {
    // The table holds events as this code's version of it shapes them.
    event: readAliasEvent({ type: currentType(event), data: details }),
    recorded: { sequence: Number(position), time: at, actor },
  }
}

function isWanted({ target }: AliasView, filter: Omit<AliasFilter, 'at'>): boolean {
  if (filter.target === undefined) return true
  return filter.target.kind === 'channel'
    ? target.kind === 'channel' && target.channelId === filter.target.channelId
    : target.kind === 'endpoint' && target.url === filter.target.url
}
