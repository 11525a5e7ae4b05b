import { readFleetEvent } from '../../schemas/events/read-fleet-event.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { ProjectionTransaction } from '../projection-transaction.ts'
import { FleetLinks } from './fleet-links.ts'
import { type FleetChange, FleetRows, idOf, type Kind } from './fleet-rows.ts'
import { GROUP_USERS, LOCATION_GROUPS, THINGS } from './fleet-tables.ts'
import { ScopeMarks } from './scope-marks.ts'

/** A batch on its way into the tables. However many events a thing has in it, its row is read and written once. */
export async function applyFleetEvents(
  events: readonly RecordedEvent[],
  transaction: ProjectionTransaction,
): Promise<void> {
  const changes = events
    .filter(({ subject }) => !subject.startsWith('evt.mac.'))
    .map((recorded) => ({ event: readFleetEvent(recorded.envelope), recorded }))
  const byKind = Map.groupBy(changes, ({ event }) => event.type.slice(0, event.type.indexOf('.')) as Kind)
  const rows = new Map<Kind, FleetRows>()
  for (const [kind, of] of byKind) {
    if (!(kind in THINGS)) throw new TypeError(`there is no table of what is called ${kind}`)
    rows.set(kind, await FleetRows.load(kind, of, transaction))
  }
  const links = { locationGroups: new FleetLinks(LOCATION_GROUPS), groupUsers: new FleetLinks(GROUP_USERS) }
  const marks = new ScopeMarks()
  const unlinked: { readonly locationId: string; readonly groupId: string; readonly at: number }[] = []
  for (const change of changes) step(change)
  for (const of of rows.values()) await of.write(transaction)

  const { gone, missing } = await links.locationGroups.write(transaction)
  for (const { left: locationId, at } of gone) marks.location(locationId, at)
  const never = new Set(missing.map(({ left, right }) => `${left} ${right}`))
  for (const { locationId, groupId, at } of unlinked)
    if (!never.has(`${locationId} ${groupId}`)) marks.location(locationId, at)
  for (const { left: groupId, at } of (await links.groupUsers.write(transaction)).gone) marks.group(groupId, at)
  await marks.write(transaction)

  function step(change: FleetChange): void {
    const { event, recorded } = change
    const at = recorded.sequence
    const kind = event.type.slice(0, event.type.indexOf('.')) as Kind
    const before = kind === 'area' || kind === 'device' ? rows.get(kind)?.get(idOf(kind, event)) : undefined
    rows.get(kind)?.apply(change)
    switch (event.type) {
      case 'company.changed':
        return marks.company(event.data.companyId, at)
      case 'location.registered':
      case 'location.changed':
        return marks.location(event.data.locationId, at)
      case 'location.removed':
        links.locationGroups.end('left', event.data.locationId, at)
        return marks.location(event.data.locationId, at)
      case 'location.group-linked':
        links.locationGroups.set(event.data.locationId, event.data.groupId, true)
        return marks.location(event.data.locationId, at)
      case 'location.group-unlinked':
        if (links.locationGroups.set(event.data.locationId, event.data.groupId, false))
          unlinked.push({ ...event.data, at })
        return
      case 'group.changed':
        return marks.group(event.data.groupId, at)
      case 'group.removed': {
        const { groupId } = event.data
        for (const { left } of links.locationGroups.end('right', groupId, at)) marks.location(left, at)
        links.groupUsers.end('left', groupId, at)
        return
      }
      case 'user.changed':
        return marks.user(event.data.userId, at)
      case 'user.group-linked':
      case 'user.group-unlinked': {
        const { userId, groupId } = event.data
        if (links.groupUsers.set(groupId, userId, event.type === 'user.group-linked')) marks.group(groupId, at)
        return
      }
      case 'user.removed':
      case 'user.erased':
        for (const { left } of links.groupUsers.end('right', event.data.userId, at)) marks.group(left, at)
        return
      case 'company.registered':
      case 'company.removed':
      case 'group.registered':
      case 'user.registered':
        // Nobody is linked to it.
        return
      case 'mac.claimed':
      case 'mac.released':
        return
      case 'area.registered':
      case 'area.changed':
      case 'area.removed':
      case 'device.registered':
      case 'device.changed':
      case 'device.mac-replaced':
      case 'device.assigned':
      case 'device.moved':
      case 'device.unassigned':
      case 'device.decommissioned':
        // An area or a device: what it is about is seen where it stands, and where it stood.
        for (const place of [before, rows.get(kind)?.get(idOf(kind, event))])
          if (typeof place?.['location_id'] === 'string') marks.location(place['location_id'], at)
    }
  }
}
