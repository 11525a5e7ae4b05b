import type { FleetRelations } from '../../domain/fleet/visible-rows.ts'
import type { FleetLog } from './fleet-log.ts'

type Content = Readonly<Record<string, unknown>>

/** The tables of a fleet, made of the states that the rules left: who is where, and all that a row says. */
export function fleetContent(log: FleetLog) {
  const rows = <Key extends string>(kind: string, key: Key) =>
    log.things
      .filter((thing) => thing.kind === kind)
      .map(({ id, state, createdAt, updatedAt }) => {
        const { status: _, groups: __, ...columns } = state as unknown as Content
        return { locationId: null, ...columns, [key]: id, createdAt, updatedAt } as unknown as Content & {
          readonly [K in Key | 'companyId' | 'locationId']: string
        }
      })
  const groups = rows('group', 'groupId')
  const live = new Set(groups.map(({ groupId }) => groupId))
  const links = (kind: string) =>
    log.things
      .filter((thing) => thing.kind === kind)
      .flatMap(({ id, state }) => ('groups' in state ? state.groups : []).map((groupId) => ({ id, groupId })))
      .filter(({ groupId }) => live.has(groupId))
  return {
    companies: rows('company', 'companyId'),
    locations: rows('location', 'locationId'),
    groups,
    users: rows('user', 'userId'),
    areas: rows('area', 'areaId'),
    devices: rows('device', 'deviceId'),
    locationGroups: links('location').map(({ id: locationId, groupId }) => ({ locationId, groupId })),
    groupUsers: links('user').map(({ id: userId, groupId }) => ({ userId, groupId })),
  } satisfies FleetRelations
}
