import { nameKey } from '../../domain/alias/name-key.ts'
import type { HistoryEntry } from '../../schemas/queries/alias.ts'
import type { Scope } from '../../schemas/scope.ts'
import { isoTime } from '../alias-row.ts'
import { readCursor, writeCursor } from './cursor.ts'
import type { Read } from './read.ts'
import { scopeKey } from './scope-key.ts'

interface HistoryRow {
  readonly position: string
  readonly at: string
  readonly actor: string
  readonly command_id: string
  readonly event: string
  readonly details: HistoryEntry['data']
}

/** Beyond every position. */
const END = Number.MAX_SAFE_INTEGER

export interface HistoryPage {
  readonly entries: readonly HistoryEntry[]
  readonly nextCursor: string | null
}

/**
 * The life, oldest first and through all its renames, of the alias that lives or last lived in the slot; `undefined` if
 * none ever did. @throws RangeError when the cursor is not one of this list's.
 */
export async function aliasHistory(
  read: Read,
  query: {
    readonly scope: Scope
    readonly name: string
    readonly cursor?: string | undefined
    readonly limit: number
    /** What came after this position is left out: the history as it read then. */
    readonly until?: number
  },
): Promise<HistoryPage | undefined> {
  // A cursor names the alias too: should another move into the slot, the pages go on with the first.
  const [aliasId, after] =
    query.cursor === undefined ? [await lastToLive(read, query), '0'] : readCursor(query.cursor, 2)
  if (aliasId === undefined) return undefined
  if (after === undefined || !/^\d{1,16}$/.test(after)) throw new RangeError('not a cursor of this list')
  const rows = await read<HistoryRow>(
    'alias history',
    `select position, ${isoTime('at')} as at, actor, command_id, event, details
     from pharos.alias_history
     where alias_id = $1 and position > $2 and position <= $3
     order by position
     limit $4::int`,
    [aliasId, after, query.until ?? END, query.limit + 1],
  )
  const page = rows.slice(0, query.limit)
  const last = rows.length > query.limit ? page.at(-1) : undefined
  return { entries: page.map(historyEntry), nextCursor: last ? writeCursor([aliasId, last.position]) : null }
}

async function lastToLive(
  read: Read,
  slot: { readonly scope: Scope; readonly name: string; readonly until?: number },
): Promise<string | undefined> {
  const rows = await read<{ alias_id: string }>(
    'last to live in slot',
    `select alias_id from pharos.alias_history
     where scope_key = $1 and name_key = $2 and position <= $3
     -- Where one made way for another, it is the other that lives here since.
     order by position desc, details ->> 'aliasId' = alias_id desc
     limit 1`,
    [scopeKey(slot.scope), nameKey(slot.name), slot.until ?? END],
  )
  return rows[0]?.alias_id
}

function historyEntry(row: HistoryRow): HistoryEntry {
  return {
    sequence: Number(row.position),
    type: row.event,
    time: row.at,
    actor: row.actor,
    commandId: row.command_id,
    data: row.details,
  }
}
