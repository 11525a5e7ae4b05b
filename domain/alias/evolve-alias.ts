import type { AliasEvent } from '../../schemas/events/alias.ts'
import type { Recorded } from '../decider.ts'
import { type AliasState, FREE, withLookAlikes } from './alias-state.ts'

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
      const { scope: _, ...data } = event.data
      return {
        status: 'taken',
        ...data,
        number: recorded.sequence,
        registeredAt: recorded.time,
        registeredBy: recorded.actor,
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
      return FREE
  }
  if (state.status === 'free') return state
  switch (event.type) {
    case 'alias.retargeted':
      return { ...state, target: event.data.target }
    case 'alias.respelled':
      return { ...state, name: event.data.name }
    case 'alias.described':
      return { ...state, description: event.data.description, metadata: event.data.metadata }
    case 'alias.enabled':
      return { ...state, enabled: true }
    case 'alias.disabled':
      return { ...state, enabled: false }
    case 'alias.expiry-set':
      return { ...state, expiresAt: event.data.expiresAt }
    case 'alias.ownership-transferred':
      return { ...state, owner: event.data.owner }
    case 'alias.look-alikes-changed':
      return state
  }
}
