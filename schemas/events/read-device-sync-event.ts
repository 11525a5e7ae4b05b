import type { Envelope } from '../envelope.ts'
import { type DeviceSyncEvent, deviceSyncEventData } from './device-sync.ts'
import { UnknownEventError } from './unknown-event.ts'
import { upcast } from './upcast.ts'

/**
 * The evidence in an envelope of stream `SYNC`, upcast to the version that this code knows and checked.
 * @throws UnknownEventError when its name or version is newer than this code; z.ZodError when its data is not what its type says.
 */
export function readDeviceSyncEvent(envelope: Pick<Envelope, 'type' | 'data'>): DeviceSyncEvent {
  const { name, data } = upcast(envelope)
  switch (name) {
    case 'sync.requested':
      return { type: name, data: deviceSyncEventData[name].parse(data) }
    case 'sync.acknowledged':
      return { type: name, data: deviceSyncEventData[name].parse(data) }
    default:
      throw new UnknownEventError(envelope.type)
  }
}
