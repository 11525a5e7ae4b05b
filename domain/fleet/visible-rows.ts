/** Who is where in a fleet: all that decides what a device may see. */
export interface FleetRelations {
  readonly companies: readonly { readonly companyId: string }[]
  readonly locations: readonly { readonly locationId: string; readonly companyId: string }[]
  readonly groups: readonly { readonly groupId: string; readonly companyId: string }[]
  readonly users: readonly { readonly userId: string; readonly companyId: string }[]
  readonly areas: readonly { readonly areaId: string; readonly locationId: string }[]
  readonly devices: readonly { readonly deviceId: string; readonly locationId: string | null }[]
  readonly locationGroups: readonly { readonly locationId: string; readonly groupId: string }[]
  readonly groupUsers: readonly { readonly groupId: string; readonly userId: string }[]
}

const NOTHING: FleetRelations = {
  companies: [],
  locations: [],
  groups: [],
  users: [],
  areas: [],
  devices: [],
  locationGroups: [],
  groupUsers: [],
}

/**
 * What a device sees: itself, the location where it stands, that location's company, areas and groups, and the users of
 * these groups. Nothing, not even itself, while it stands nowhere: there is then no company whose it could be. A link
 * across companies, which the rules refuse, would show nothing, and is not shown itself.
 */
export function visibleRows<Fleet extends FleetRelations>(fleet: Fleet, deviceId: string): Fleet | FleetRelations {
  const device = fleet.devices.find((one) => one.deviceId === deviceId)
  const location = fleet.locations.find(({ locationId }) => locationId === device?.locationId)
  if (device === undefined || location === undefined) return NOTHING
  const isHere = ({ locationId }: { readonly locationId: string }): boolean => locationId === location.locationId
  const isOurs = ({ companyId }: { readonly companyId: string }): boolean => companyId === location.companyId
  const ours = { groups: fleet.groups.filter(isOurs), users: fleet.users.filter(isOurs) }
  const groupsOfUs = new Set(ours.groups.map(({ groupId }) => groupId))
  const usersOfUs = new Set(ours.users.map(({ userId }) => userId))
  const locationGroups = fleet.locationGroups.filter((link) => isHere(link) && groupsOfUs.has(link.groupId))
  const groupIds = new Set(locationGroups.map(({ groupId }) => groupId))
  const groupUsers = fleet.groupUsers.filter(({ groupId, userId }) => groupIds.has(groupId) && usersOfUs.has(userId))
  const userIds = new Set(groupUsers.map(({ userId }) => userId))
  return {
    companies: fleet.companies.filter(isOurs),
    locations: [location],
    groups: ours.groups.filter(({ groupId }) => groupIds.has(groupId)),
    users: ours.users.filter(({ userId }) => userIds.has(userId)),
    areas: fleet.areas.filter(isHere),
    devices: [device],
    locationGroups,
    groupUsers,
  }
}
