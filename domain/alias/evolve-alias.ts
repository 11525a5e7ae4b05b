import type { AliasEvent } from '../../schemas/events/alias.ts'
import type { Recorded } from '../decider.ts'
import { type AliasState, FREE, type TakenSlot, withLookAlikes } from './alias-state.ts'

/** A slot after one more of its events. */
export function evolveAlias(state: AliasState, event: AliasEvent, recorded: Recorded): AliasState {
  const next = evolveTenant(state, event, recorded)
  if (event.type === 'alias.changed' || event.type === 'alias.look-alikes-changed')
    return withLookAlikes(next, event.data.lookAlikes)
  return state.lookAlikes === undefined ? next : withLookAlikes(next, state.lookAlikes)
}

function evolveTenant(state: AliasState, event: AliasEvent, recorded: Recorded): AliasState {
  switch (event.type) {
    case 'alias.registered': {
      const { aliasId, name, target, owner, description, metadata, enabled, expiresAt } = event.data
      const { sequence: number, time: registeredAt, actor: registeredBy } = recorded
      // Each by its name: a copy that leaves one out takes ten times as long, and every registration pays for it.
      return {
        status: 'taken',
        aliasId,
        number,
        name,
        target,
        owner,
        description,
        metadata,
        enabled,
        expiresAt,
        registeredAt,
        registeredBy,
      }
    }
    case 'alias.renamed-here': {
      const { scope: _, from: __, ...data } = event.data
      return { status: 'taken', ...data }
    }
    case 'alias.changed': {
      const { aliasId, name, alias } = event.data
      if (alias === null) return FREE
      const { registered, ...rest } = alias
      const { number, at, by } = registered ?? { number: recorded.sequence, at: recorded.time, by: recorded.actor }
      return { status: 'taken', aliasId, name, ...rest, number, registeredAt: at, registeredBy: by }
    }
    case 'alias.renamed-away':
    case 'alias.removed':
    case 'alias.expired':
      return FREE
    case 'alias.look-alikes-changed':
      return state
    case 'alias.retargeted':
      return changed(state, { target: event.data.target })
    case 'alias.respelled':
      return changed(state, { name: event.data.name })
    case 'alias.described':
      return changed(state, { description: event.data.description, metadata: event.data.metadata })
    case 'alias.enabled':
      return changed(state, { enabled: true })
    case 'alias.disabled':
      return changed(state, { enabled: false })
    case 'alias.expiry-set':
      return changed(state, { expiresAt: event.data.expiresAt })
    case 'alias.ownership-transferred':
      return changed(state, { owner: event.data.owner })
  }
}

function changed(state: AliasState, facets: Partial<TakenSlot>): AliasState {
  return state.status === 'free' ? state : { ...state, ...facets }
}
