import { alias, type AliasState } from '../../domain/alias/alias.ts'
import type { Recorded } from '../../domain/decider.ts'
import type { Target } from '../../schemas/alias.ts'
import type { AliasEvent } from '../../schemas/events/alias.ts'
import type { AliasId, ChannelId } from '../../schemas/ids.ts'
import type { Row } from '../table.ts'
import type { INDEX_ENTRIES } from './index-tables.ts'

/** A slot as the index knows it. */
export type IndexEntry = Row<typeof INDEX_ENTRIES>

/** Where the slot is. */
export type IndexSlot = Pick<IndexEntry, 'scope_key' | 'node' | 'name_key'>

/**
 * The slot after one more of its events, by the same rules that made them; the very same object where the index says
 * nothing else than before.
 */
export function evolveEntry(
  entry: IndexEntry | undefined,
  slot: IndexSlot,
  event: AliasEvent,
  recorded: Recorded,
): IndexEntry | undefined {
  const state = alias.evolve(stateOf(entry), event, recorded)
  const revision = recorded.sequence
  if (state.status === 'free') return entry?.is_taken === true ? { ...entry, is_taken: false, revision } : entry
  const { name, target, number, enabled, expiresAt } = state
  const next = {
    ...slot,
    name,
    target_kind: target.kind,
    target: target.kind === 'channel' ? target.channelId : target.url,
    id: number,
    is_taken: true,
    is_enabled: enabled,
    expires: expiresAt === null ? 0 : Date.parse(expiresAt),
  }
  return entry !== undefined && saysTheSame(entry, next) ? entry : { ...next, revision }
}

/** What is not in the index is left empty: no rule looks at it to say what is. */
function stateOf(entry: IndexEntry | undefined): AliasState {
  if (entry?.is_taken !== true) return alias.initialState
  const expires = Number(entry.expires)
  return {
    status: 'taken',
    aliasId: '' as AliasId,
    number: Number(entry.id),
    name: String(entry.name),
    target: targetOf(entry),
    owner: '',
    description: null,
    metadata: {},
    enabled: entry.is_enabled === true,
    expiresAt: expires === 0 ? null : new Date(expires).toISOString(),
    registeredAt: '',
    registeredBy: '',
  }
}

function targetOf({ target_kind: kind, target }: Pick<IndexEntry, 'target_kind' | 'target'>): Target {
  return kind === 'channel'
    ? { kind: 'channel', channelId: String(target) as ChannelId }
    : { kind: 'endpoint', url: String(target) }
}

/** Numbers come from Postgres as text. */
function saysTheSame(entry: IndexEntry, next: Omit<IndexEntry, 'revision'>): boolean {
  return Object.entries(next).every(([column, value]) => String(entry[column as keyof IndexEntry]) === String(value))
}
