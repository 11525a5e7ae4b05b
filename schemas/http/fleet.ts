import { z } from 'zod'
import { type FleetKind, fleetFilters } from '../queries/fleet.ts'

/** What stands in the path for each kind: `GET /api/fleet/companies`. */
export const FLEET_PATHS = {
  company: 'companies',
  location: 'locations',
  group: 'groups',
  user: 'users',
  area: 'areas',
  device: 'devices',
} as const satisfies Record<FleetKind, string>

const page = {
  cursor: z.string().min(1).max(2048).optional().describe('As the page before gave it'),
  limit: z.coerce.number('must be a whole number from 1 to 500').int().min(1).max(500).default(100),
}

/** Filters of the lists, as a URL has them. */
export const fleetListQuery = {
  company: fleetFilters.company.extend(page),
  location: fleetFilters.location.extend(page),
  group: fleetFilters.group.extend(page),
  user: fleetFilters.user.extend(page),
  area: fleetFilters.area.extend(page),
  device: fleetFilters.device.extend(page),
} as const satisfies Record<FleetKind, z.ZodType>
