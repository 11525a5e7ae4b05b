import type { AreaCommand } from '../../schemas/commands/area.ts'
import type { AreaEvent } from '../../schemas/events/area.ts'
import { accept, type Decider, type Decision } from '../decider.ts'
import { changedFields } from './changed-fields.ts'
import type { LocationState } from './location.ts'
import { refuseMissing, refuseTaken } from './refuse-missing.ts'

/** A part of a location, `Loading dock`. */
export type AreaState = { readonly status: 'none' | 'removed' } | RegisteredArea

export interface RegisteredArea extends Readonly<Omit<RegisteredData, 'areaId'>> {
  readonly status: 'registered'
}

type RegisteredData = Extract<AreaEvent, { type: 'area.registered' }>['data']
type States = AreaState | LocationState

const NONE: AreaState = { status: 'none' }

/** `area.register` refers to its location. */
export const area: Decider<States, AreaCommand, AreaEvent> = {
  initialState: NONE,
  decide,
  evolve: (state, event) => evolve(state as AreaState, event),
}

function decide(command: AreaCommand, states: readonly States[]): Decision<AreaEvent> {
  const [state = NONE, location = NONE] = states as readonly AreaState[]
  const { areaId } = command.data
  if (command.type === 'area.register') {
    if (state.status !== 'none') return refuseTaken('area', areaId, state)
    if (location.status !== 'registered') return refuseMissing('location', command.data.locationId, location)
    return accept({ type: 'area.registered', data: command.data })
  }
  if (command.type === 'area.remove' && state.status === 'removed') return accept()
  if (state.status !== 'registered') return refuseMissing('area', areaId, state)
  if (command.type === 'area.remove') return accept({ type: 'area.removed', data: { areaId } })
  const { areaId: _, ...wishes } = command.data
  const changes = changedFields(state, wishes)
  return Object.keys(changes).length === 0 ? accept() : accept({ type: 'area.changed', data: { areaId, ...changes } })
}

function evolve(state: AreaState, event: AreaEvent): AreaState {
  switch (event.type) {
    case 'area.registered': {
      const { areaId: _, ...details } = event.data
      return { status: 'registered', ...details }
    }
    case 'area.changed': {
      const { areaId: _, ...changes } = event.data
      return state.status === 'registered' ? { ...state, ...changes } : state
    }
    case 'area.removed':
      return { status: 'removed' }
  }
}
