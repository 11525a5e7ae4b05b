import type { ProjectionTransaction } from '../projection-transaction.ts'
import type { IndexEntry, IndexSlot } from './index-entry.ts'

/** The rows of these slots, as far as there are any, under the same keys. */
export async function loadEntries(
  transaction: ProjectionTransaction,
  slots: ReadonlyMap<string, IndexSlot>,
): Promise<ReadonlyMap<string, IndexEntry>> {
  if (slots.size === 0) return new Map()
  const wanted = [...slots.values()]
  const rows = await transaction.query<IndexEntry & { readonly subject: string }>(
    `select slot.subject, entry.scope_key, entry.node, entry.name_key, entry.name, entry.target_kind, entry.target,
       entry.id, entry.is_taken, entry.is_enabled, entry.expires, entry.revision
     from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as slot (subject, scope_key, node, name_key)
     join index_entries as entry
       on entry.scope_key = slot.scope_key and entry.node = slot.node and entry.name_key = slot.name_key`,
    [
      [...slots.keys()],
      wanted.map((slot) => slot.scope_key),
      wanted.map((slot) => slot.node),
      wanted.map((slot) => slot.name_key),
    ],
  )
  return new Map(rows.map(({ subject, ...entry }) => [subject, entry]))
}
