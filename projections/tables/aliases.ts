import { aliasEventData } from '../../schemas/events/alias.ts'
import { currentVersions } from '../../schemas/events/current-version.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { ProjectionTransaction } from '../projection-transaction.ts'
import type { Projector } from '../projector.ts'
import { aliasChange, collapse, firstChanges } from './alias-change.ts'
import { aliasHistoryRows } from './alias-history-rows.ts'
import { slotRow } from './alias-slot.ts'
import { ALIAS_HISTORY, ALIASES, COMPLETE_ALIASES, CREATE_ALIAS_TABLES } from './alias-tables.ts'
import { CHANNEL_ALIASES_VIEW, COMPLETE_CHANNEL_ALIASES, refreshChannelAliases } from './channel-aliases.ts'
import { SlotLoad } from './slot-load.ts'
import { takeSlots } from './take-slots.ts'

/** All names, the primary name of each channel, and the life of each alias. */
export const aliases: Projector = {
  name: 'aliases',
  version: 2,
  subjects: ['evt.alias.>'],
  eventVersions: currentVersions(Object.keys(aliasEventData)),
  bulkBatch: 300,
  tables: CREATE_ALIAS_TABLES,
  completion: [COMPLETE_CHANNEL_ALIASES, ...COMPLETE_ALIASES],
  views: {
    aliases: `
      select id, alias, canonical, context, description, expires_at, is_active, created_at, updated_at, created_by,
        alias_id, scope, site, node, scope_key, name_key, target_kind, channel_id, owner, metadata, revision,
        revision as position
      from aliases`,
    channel_aliases: CHANNEL_ALIASES_VIEW,
    alias_history: `
      select alias_id, position, at, actor, event, details::jsonb as details, command_id, scope_key, name_key
      from alias_history`,
  },
  apply,
  finishLoad: (transaction) => SlotLoad.of(transaction).finish(),
}

/** However many events a slot has in the batch, its row is read and written once. */
async function apply(batch: readonly RecordedEvent[], transaction: ProjectionTransaction): Promise<void> {
  const changes = batch.map(aliasChange)
  if (transaction.bulk) return SlotLoad.of(transaction).add(changes)
  const keys = [...firstChanges(changes).values()].map(({ key }) => key)
  const before = await takeSlots(transaction, keys)
  const rows = [...collapse(changes, before).values()].map(slotRow).filter((row) => row !== undefined)
  await transaction.insert(ALIASES, rows)
  await transaction.insert(ALIAS_HISTORY, changes.flatMap(aliasHistoryRows))
  // A bulk load derives the channels' primary names from the full table.
  const left = [...before.values()].map(slotRow)
  const channels = [...left, ...rows].map((row) => row?.channel_id).filter((id) => typeof id === 'string')
  await refreshChannelAliases(transaction, [...new Set(channels)])
}
