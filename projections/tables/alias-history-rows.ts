import type { AliasEvent } from '../../schemas/events/alias.ts'
import type { AliasId } from '../../schemas/ids.ts'
import { storableJson } from '../storable-text.ts'
import type { Row } from '../table.ts'
import type { AliasChange } from './alias-change.ts'
import type { ALIAS_HISTORY } from './alias-tables.ts'

/**
 * One row for each alias that the event is about: two where one made way for another. The details are those of the event's
 * newest version, so that history reads alike however old it is.
 */
export function aliasHistoryRows({
  key,
  event,
  recorded: { sequence, envelope },
}: AliasChange): Row<typeof ALIAS_HISTORY>[] {
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
