import { type AliasEvent, aliasEventData } from '../../schemas/events/alias.ts'
import { currentVersions } from '../../schemas/events/current-version.ts'
import { readAliasEvent } from '../../schemas/events/read-alias-event.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { AliasId } from '../../schemas/ids.ts'
import type { ProjectionTransaction } from '../projection-transaction.ts'
import type { Projector } from '../projector.ts'
import { storableJson } from '../storable-text.ts'
import type { Row } from '../table.ts'
import { evolveSlot, type Slot, type SlotKey, slotKey, slotRow } from './alias-slot.ts'
import { ALIAS_HISTORY, ALIASES, COMPLETE_ALIASES, CREATE_ALIAS_TABLES } from './alias-tables.ts'
import { CHANNEL_ALIASES_VIEW, COMPLETE_CHANNEL_ALIASES, refreshChannelAliases } from './channel-aliases.ts'
import { SilentSlots } from './silent-slots.ts'
import { takeSlots } from './take-slots.ts'

/** All names, the primary name of each channel, and the life of each alias. */
export const aliases: Projector = {
  name: 'aliases',
  version: 2,
  subjects: ['evt.alias.>'],
  eventVersions: currentVersions(Object.keys(aliasEventData)),
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
}

interface AliasChange {
  readonly key: SlotKey
  readonly event: AliasEvent
  readonly recorded: RecordedEvent
}

/** However many events a slot has in the batch, its row is read and written once. */
async function apply(batch: readonly RecordedEvent[], transaction: ProjectionTransaction): Promise<void> {
  const changes = batch.map((recorded) => ({
    key: slotKey(recorded.subject),
    event: readAliasEvent(recorded.envelope),
    recorded,
  }))
  const silent = transaction.bulk ? SilentSlots.of(transaction) : undefined
  const before = await takeSlots(transaction, standingKeys(changes, silent))
  const after = collapse(changes, before)
  for (const [subject, slot] of after) silent?.wrote(subject, slot)
  const rows = [...after.values()].map(slotRow).filter((row) => row !== undefined)
  await transaction.insert(ALIASES, rows)
  await transaction.insert(ALIAS_HISTORY, changes.flatMap(historyRows))
  // A bulk load derives them from the full table.
  if (transaction.bulk) return
  const left = [...before.values()].map(slotRow)
  const channels = [...left, ...rows].map((row) => row?.channel_id).filter((id) => typeof id === 'string')
  await refreshChannelAliases(transaction, [...new Set(channels)])
}

/** Of the batch's slots those that may have a row. */
function standingKeys(changes: readonly AliasChange[], silent: SilentSlots | undefined): readonly SlotKey[] {
  const first = new Map<string, AliasChange>()
  for (const change of changes) if (!first.has(change.recorded.subject)) first.set(change.recorded.subject, change)
  const asked = [...first.values()]
  const standing =
    silent === undefined ? asked : asked.filter((one) => silent.mayHaveRow(one.recorded.subject, one.event))
  return standing.map(({ key }) => key)
}

/** Every slot of the batch as its last event leaves it, by its subject. */
function collapse(changes: readonly AliasChange[], before: ReadonlyMap<string, Slot>): ReadonlyMap<string, Slot> {
  const slots = new Map(before)
  for (const { key, event, recorded } of changes)
    slots.set(recorded.subject, evolveSlot(slots.get(recorded.subject), key, event, recorded))
  return slots
}

/**
 * One row for each alias that the event is about: two where one made way for another. The details are those of the event's
 * newest version, so that history reads alike however old it is.
 */
function historyRows({ key, event, recorded: { sequence, envelope } }: AliasChange): Row<typeof ALIAS_HISTORY>[] {
  return aliasesOf(event).map((aliasId) => ({
    alias_id: aliasId,
    position: sequence,
    scope_key: key.scopeKey,
    name_key: key.nameKey,
    at: envelope.time,
    actor: envelope.actor,
    command_id: envelope.commandid,
    event: event.type,
    details: storableJson(event.data),
  }))
}

function aliasesOf({ type, data }: AliasEvent): readonly AliasId[] {
  if (type === 'alias.look-alikes-changed') return []
  if (type !== 'alias.changed' || data.previous === null) return [data.aliasId]
  return [...new Set([data.aliasId, data.previous.aliasId])]
}
