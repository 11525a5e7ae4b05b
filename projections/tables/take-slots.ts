import { ALIAS_COLUMNS, type AliasRow, aliasView } from '../alias-row.ts'
import type { ProjectionTransaction } from '../projection-transaction.ts'
import { type Slot, type SlotKey, slotOfKey } from './alias-slot.ts'

/**
 * Takes the rows of these slots out of the table: each slot that an alias lives in, by its subject. All go before any is
 * written again: a number may move between them.
 */
export async function takeSlots(
  transaction: ProjectionTransaction,
  keys: readonly SlotKey[],
): Promise<ReadonlyMap<string, Slot>> {
  if (keys.length === 0) return new Map()
  const rows = await transaction.query<AliasRow>(
    `delete from aliases
     using unnest($1::text[], $2::text[]) as slot (scope_key, name_key)
     where aliases.scope_key = slot.scope_key and aliases.name_key = slot.name_key
     returning ${ALIAS_COLUMNS}`,
    [keys.map((key) => key.scopeKey), keys.map((key) => key.nameKey)],
  )
  return new Map(rows.map((row) => [slotOfKey({ scopeKey: row.scope_key, nameKey: row.name_key }), slotOf(row)]))
}

function slotOf(row: AliasRow): Slot {
  const { scope, updatedAt, revision, ...alias } = aliasView(row)
  return {
    scopeKey: row.scope_key,
    nameKey: row.name_key,
    scope,
    state: { status: 'taken', ...alias },
    updatedAt,
    revision,
  }
}
