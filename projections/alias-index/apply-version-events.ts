import { indexScopeKey } from '../../schemas/alias-index.ts'
import { readAliasIndexEvent } from '../../schemas/events/read-alias-index-event.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { ProjectionTransaction } from '../projection-transaction.ts'
import { INDEX_VERSIONS } from './index-tables.ts'

/** Every claim is one row. */
export async function applyVersionEvents(
  events: readonly RecordedEvent[],
  transaction: ProjectionTransaction,
): Promise<void> {
  const rows = events.map(({ sequence, envelope }) => {
    const { scope, version, position } = readAliasIndexEvent(envelope).data
    return { scope_key: indexScopeKey(scope), version, position, revision: sequence, at: envelope.time }
  })
  await transaction.insert(INDEX_VERSIONS, rows)
}
