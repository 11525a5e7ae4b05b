import { ALIAS_COLUMNS, type AliasRow, aliasView } from '../alias-row.ts'
import type { ProjectionTransaction } from '../projection-transaction.ts'
import { type Slot, type SlotKey, slotOfKey } from './alias-slot.ts'

/** The slots among `keys` that an alias lives in, by their subject. */
export async function loadSlots(
  transaction: ProjectionTransaction,
  keys: readonly SlotKey[],
): Promise<Map<string, Slot>> {
  if (keys.length === 0) return new Map()
  const rows = await transaction.query<AliasRow>(
    `select ${ALIAS_COLUMNS}
     from unnest($1::text[], $2::text[]) as slot (scope_key, name_key)
     join aliases on aliases.scope_key = slot.scope_key and aliases.name_key = slot.name_key`,
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
