import { z } from 'zod'
import { deviceId } from '../device-sync/manifest.ts'
import { fleetId, fleetName, fleetText } from '../fleet.ts'
import { macAddress } from '../mac-address.ts'
import type { CommandOf } from './command-of.ts'
import { someChange } from './some-change.ts'

/** Command data by command type. */
export const deviceCommandData = {
  'device.register': z.strictObject({
    deviceId,
    mac: macAddress,
    /** Where it stands; `null`: nowhere yet. */
    locationId: fleetId.nullable().default(null),
    name: fleetName.nullable().default(null),
    model: fleetText.nullable().default(null),
  }),
  /** What is left out stays; `null` clears it. */
  'device.change': someChange(
    z.strictObject({ deviceId, name: fleetName.nullable().optional(), model: fleetText.nullable().optional() }),
    'name',
    'model',
  ),
  /** Its board was replaced: it is the same device, and goes by another address. */
  'device.replace-mac': z.strictObject({ deviceId, previousMac: macAddress, mac: macAddress }),
  /** Puts one that stands nowhere at a location. */
  'device.assign': z.strictObject({ deviceId, locationId: fleetId }),
  /** Takes it from one location to another. */
  'device.move': z.strictObject({ deviceId, locationId: fleetId }),
  'device.unassign': z.strictObject({ deviceId }),
  /** For good: its id is not used again, its address is free for another. */
  'device.decommission': z.strictObject({ deviceId }),
} as const

export type DeviceCommand = CommandOf<typeof deviceCommandData>
