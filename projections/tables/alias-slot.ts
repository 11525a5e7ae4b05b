import { alias as aliasDecider, type AliasState } from '../../domain/alias/alias.ts'
import type { AliasEvent } from '../../schemas/events/alias.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { Scope } from '../../schemas/scope.ts'
import { escapeToken, unescapeToken } from '../../schemas/subjects.ts'
import { storableJson } from '../storable-text.ts'
import type { Row } from '../table.ts'
import type { ALIASES } from './alias-tables.ts'

/** A slot as the tables key it: what stands in its subject, split after the scope. */
export interface SlotKey {
  readonly scopeKey: string
  readonly nameKey: string
}

/** A slot on its way through a batch: its state by the same rules that made the events, and its last event. */
export interface Slot extends SlotKey {
  readonly scope: Scope
  readonly state: AliasState
  readonly updatedAt: string
  readonly revision: number
}

/** `evt.alias.node.KSEA.gate-4.main=20feed` → `node.KSEA.gate-4` and `main feed`. */
export function slotKey(subject: string): SlotKey {
  const split = subject.lastIndexOf('.')
  return { scopeKey: subject.slice(SUBJECT_PREFIX.length, split), nameKey: unescapeToken(subject.slice(split + 1)) }
}

/** The subject that these keys were taken from. */
export function slotOfKey({ scopeKey, nameKey }: SlotKey): string {
  return `${SUBJECT_PREFIX}${scopeKey}.${escapeToken(nameKey)}`
}

/** The slot after one more of its events. */
export function evolveSlot(slot: Slot | undefined, key: SlotKey, event: AliasEvent, recorded: RecordedEvent): Slot {
  const { sequence, envelope } = recorded
  const before = slot?.state ?? aliasDecider.initialState
  const state = aliasDecider.evolve(before, event, { sequence, time: envelope.time, actor: envelope.actor })
  return { ...key, scope: event.data.scope, state, updatedAt: envelope.time, revision: sequence }
}

/** The slot's row; `undefined` when no alias lives in it. */
export function slotRow({
  scopeKey,
  nameKey,
  scope,
  state,
  updatedAt,
  revision,
}: Slot): Row<typeof ALIASES> | undefined {
  if (state.status === 'free') return undefined
  const { target } = state
  return {
    scope_key: scopeKey,
    name_key: nameKey,
    id: state.number,
    alias_id: state.aliasId,
    alias: state.name,
    scope: scope.kind,
    site: 'site' in scope ? scope.site : null,
    node: 'node' in scope ? scope.node : null,
    context: scope.kind === 'context' ? scope.context : 'global',
    target_kind: target.kind,
    canonical: target.kind === 'channel' ? target.channelId : target.url,
    channel_id: target.kind === 'channel' ? target.channelId : null,
    owner: state.owner,
    description: state.description,
    metadata: storableJson(state.metadata),
    is_active: state.enabled,
    expires_at: state.expiresAt,
    created_at: state.registeredAt,
    created_by: state.registeredBy,
    updated_at: updatedAt,
    revision,
  }
}

const SUBJECT_PREFIX = 'evt.alias.'
