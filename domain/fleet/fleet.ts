import type { FleetCommand } from '../../schemas/commands/fleet.ts'
import type { UserErasure } from '../../schemas/commands/user.ts'
import type { FleetEvent } from '../../schemas/events/fleet.ts'
import type { Decider } from '../decider.ts'
import { area, type AreaState } from './area.ts'
import { company, type CompanyState } from './company.ts'
import { device, type DeviceState } from './device.ts'
import { group, type GroupState } from './group.ts'
import { location, type LocationState } from './location.ts'
import type { MacState } from './mac.ts'
import { user, type UserState } from './user.ts'

/** Any one thing of the fleet; its subject says which kind. All kinds begin as `{status: 'none'}`. */
export type FleetState = CompanyState | LocationState | GroupState | UserState | AreaState | DeviceState | MacState

/** Rules of a kind, seen from where the kind is known by its name only: `company.` begins all that is about companies. */
type AnyDecider = Decider<FleetState, FleetCommand | UserErasure, FleetEvent>

const kinds: ReadonlyMap<string, AnyDecider> = new Map<string, AnyDecider>([
  ['company', company],
  ['location', location],
  ['group', group],
  ['user', user],
  ['area', area],
  ['device', device],
  ['mac', device],
])

/** The rules of everything in the fleet, since things refer to each other: a device to a location, that to a company. */
export const fleet: AnyDecider = {
  initialState: { status: 'none' },
  decide: (command, states, context) => rulesOf(command.type).decide(command, states, context),
  evolve: (state, event, recorded) => rulesOf(event.type).evolve(state, event, recorded),
}

function rulesOf(type: string): AnyDecider {
  const rules = kinds.get(type.slice(0, type.indexOf('.')))
  if (rules === undefined) throw new RangeError(`there is nothing in the fleet that ${type} is about`)
  return rules
}
