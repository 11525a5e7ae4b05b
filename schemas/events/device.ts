import { z } from 'zod'
import { deviceId } from '../device-sync/manifest.ts'
import { fleetId } from '../fleet.ts'
import type { EventOf } from './event-of.ts'

const text = z.string().nullable()
/** In its normal form, `48:b0:2d:e9:c3:b7`. */
const mac = z.string()

/** Event data by event name, of the newest version of each. */
export const deviceEventData = {
  'device.registered': z.strictObject({ deviceId, mac, locationId: fleetId.nullable(), name: text, model: text }),
  /** Only what has changed; `null`: there is none any more. */
  'device.changed': z.strictObject({ deviceId, name: text.exactOptional(), model: text.exactOptional() }),
  'device.mac-replaced': z.strictObject({ deviceId, mac, previousMac: mac }),
  'device.assigned': z.strictObject({ deviceId, locationId: fleetId }),
  'device.moved': z.strictObject({ deviceId, locationId: fleetId, previousLocationId: fleetId }),
  'device.unassigned': z.strictObject({ deviceId, previousLocationId: fleetId }),
  'device.decommissioned': z.strictObject({ deviceId, mac, previousLocationId: fleetId.nullable() }),
  /** Of the address itself: whose it is. */
  'mac.claimed': z.strictObject({ mac, deviceId }),
  'mac.released': z.strictObject({ mac, deviceId }),
} as const

export type DeviceEvent = EventOf<typeof deviceEventData>
