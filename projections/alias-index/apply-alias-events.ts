import { indexScopeKey, indexScopeOf } from '../../schemas/alias-index.ts'
import type { AliasEvent } from '../../schemas/events/alias.ts'
import { readAliasEvent } from '../../schemas/events/read-alias-event.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { ProjectionTransaction } from '../projection-transaction.ts'
import { slotKey } from '../tables/alias-slot.ts'
import { evolveEntry, type IndexEntry, type IndexSlot } from './index-entry.ts'
import { INDEX_ENTRIES } from './index-tables.ts'
import { loadEntries } from './load-entries.ts'
import { markDue } from './mark-due.ts'

interface Change {
  readonly slot: IndexSlot
  readonly event: AliasEvent
  readonly recorded: RecordedEvent
}

/** However many events a slot has in the batch, its row is written once, and only if the index says something else then. */
export async function applyAliasEvents(
  events: readonly RecordedEvent[],
  transaction: ProjectionTransaction,
): Promise<void> {
  if (events.length === 0) return
  const changes = events.map((recorded) => {
    const event = readAliasEvent(recorded.envelope)
    return { slot: slotOf(recorded.subject, event), event, recorded }
  })
  const standing = await loadEntries(transaction, slotsToLoad(changes))
  const entries = new Map(standing)
  for (const { slot, event, recorded } of changes) {
    const { subject, sequence, envelope } = recorded
    const at = { sequence, time: envelope.time, actor: envelope.actor }
    const entry = evolveEntry(entries.get(subject), slot, event, at)
    if (entry !== undefined) entries.set(subject, entry)
  }
  const changed = [...entries].filter(([subject, entry]) => standing.get(subject) !== entry).map(([, entry]) => entry)
  await replaceEntries(transaction, changed)
  const changedAt = new Map<string, number>()
  for (const { scope_key: scopeKey, revision } of changed)
    changedAt.set(String(scopeKey), Math.max(changedAt.get(String(scopeKey)) ?? 0, Number(revision)))
  await markDue(transaction, changedAt)
}

function slotOf(subject: string, { data: { scope } }: AliasEvent): IndexSlot {
  return {
    scope_key: indexScopeKey(indexScopeOf(scope)),
    node: scope.kind === 'node' ? scope.node : '',
    name_key: slotKey(subject).nameKey,
  }
}

/** Those that do not begin anew in the batch, by subject. */
function slotsToLoad(changes: readonly Change[]): ReadonlyMap<string, IndexSlot> {
  const first = new Map<string, Change>()
  for (const change of changes) if (!first.has(change.recorded.subject)) first.set(change.recorded.subject, change)
  const standing = [...first].filter(
    ([, { event }]) => event.type !== 'alias.registered' && event.type !== 'alias.renamed-here',
  )
  return new Map(standing.map(([subject, { slot }]) => [subject, slot]))
}

async function replaceEntries(transaction: ProjectionTransaction, entries: readonly IndexEntry[]): Promise<void> {
  if (entries.length === 0) return
  await transaction.query(
    `delete from index_entries
     using unnest($1::text[], $2::text[], $3::text[]) as slot (scope_key, node, name_key)
     where index_entries.scope_key = slot.scope_key and index_entries.node = slot.node
       and index_entries.name_key = slot.name_key`,
    [entries.map((one) => one.scope_key), entries.map((one) => one.node), entries.map((one) => one.name_key)],
  )
  await transaction.insert(INDEX_ENTRIES, entries)
}
