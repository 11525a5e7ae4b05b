import type { DeviceId } from '../../schemas/device-sync/manifest.ts'
import { type DeviceEvent, deviceEventData } from '../../schemas/events/device.ts'
import { readFleetEvent } from '../../schemas/events/read-fleet-event.ts'
import type { Envelope } from '../../schemas/envelope.ts'

/** A device of the fleet, as far as its gateway needs to know it. */
export interface KnownDevice {
  readonly deviceId: DeviceId
  readonly mac: string
  readonly status: 'registered' | 'decommissioned'
  /** Whether it stands at a location. */
  readonly isPlaced: boolean
}

/** The device after one more event of its aggregate. @throws UnknownEventError, z.ZodError as {@link readFleetEvent} does. */
export function afterDeviceEvent(before: KnownDevice | undefined, envelope: Envelope): KnownDevice | undefined {
  const event = readFleetEvent(envelope)
  if (!Object.hasOwn(deviceEventData, event.type)) return before
  const { type, data } = event as DeviceEvent
  if (type === 'device.registered')
    return { deviceId: data.deviceId, mac: data.mac, status: 'registered', isPlaced: data.locationId !== null }
  if (before === undefined) return undefined
  switch (type) {
    case 'device.mac-replaced':
      return { ...before, mac: data.mac }
    case 'device.assigned':
    case 'device.moved':
      return { ...before, isPlaced: true }
    case 'device.unassigned':
      return { ...before, isPlaced: false }
    case 'device.decommissioned':
      return { ...before, status: 'decommissioned' }
    case 'device.changed':
    case 'mac.claimed':
    case 'mac.released':
      return before
  }
}
