import type { FleetSnapshot } from './fleet-snapshot.ts'
import { deviceScope, locationScope } from './payload.ts'

/** What is to be built at one location. */
export interface DirtyLocation {
  readonly locationId: string
  /** What its devices share has changed; else only some device's own row, or which devices there are. */
  isSharedDirty: boolean
  /** The marks that are done with when it is built. */
  readonly scopes: string[]
}

export interface DirtyLocations {
  readonly locations: readonly DirtyLocation[]
  /** Marks of devices that are nowhere and never had a manifest: nothing is to be done about them. */
  readonly idle: readonly string[]
  /** There is more than was asked for. */
  readonly isMore: boolean
}

interface Mark {
  readonly scope: string
  /** Of a location's own mark. */
  readonly location: string | null
  /** Of a device's mark: where it is, and where it was when it got its last manifest. */
  readonly now: string | null
  readonly before: string | null
}

/**
 * Locations at which something changed after it was built last, the longest waiting first: of at most `most` marks,
 * without the locations in `except`. All marks up to `builtUntil` are known to be done with.
 */
export async function dirtyLocations(
  { client, at }: FleetSnapshot,
  options: { readonly builtUntil: number; readonly except: readonly string[]; readonly most: number },
): Promise<DirtyLocations> {
  const { rows } = await client.query<Mark>(MARKS, [
    at.epoch,
    options.builtUntil,
    options.except,
    options.most,
    locationScope(''),
    deviceScope(''),
  ])
  const locations = new Map<string, DirtyLocation>()
  const idle: string[] = []
  const dirty = (locationId: string): DirtyLocation => {
    const known = locations.get(locationId) ?? { locationId, isSharedDirty: false, scopes: [] }
    locations.set(locationId, known)
    return known
  }
  for (const { scope, location, now, before } of rows) {
    const where = location ?? now ?? before
    if (where === null) {
      idle.push(scope)
      continue
    }
    dirty(where).scopes.push(scope)
    if (location !== null) dirty(location).isSharedDirty = true
    // What it has left behind may be needed by nobody there any more.
    if (before !== null && !options.except.includes(before)) dirty(before)
  }
  return { locations: [...locations.values()], idle, isMore: rows.length === options.most }
}

const MARKS = `
  select marks.scope, marks.location, devices.location_id as now,
    (select min(location_id) from manifests where manifests.device_id = marks.device) as before
  from (
    select scope, position,
      case when starts_with(scope, $5) then substr(scope, length($5) + 1) end as location,
      case when starts_with(scope, $6) then substr(scope, length($6) + 1) end as device
    from dirty_scopes
    where position > $2
  ) as marks
  left join devices on devices.device_id = marks.device
  left join built_scopes as built on built.scope = marks.scope and built.epoch = $1
  where marks.position > coalesce(built.position, -1)
    and (coalesce(marks.location, devices.location_id) = any ($3)) is not true
  order by marks.position, marks.scope
  limit $4`
