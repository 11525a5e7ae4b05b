import type { Envelope } from '../envelope.ts'
import { type DeviceCredentialEvent, deviceCredentialEventData } from './device-credential.ts'
import { UnknownEventError } from './unknown-event.ts'
import { upcast } from './upcast.ts'

/**
 * The event of a device's credential in an envelope, upcast to the version that the rules know and checked.
 * @throws UnknownEventError when its name or version is newer than this code; z.ZodError when its data is not what its type says.
 */
export function readDeviceCredentialEvent(envelope: Pick<Envelope, 'type' | 'data'>): DeviceCredentialEvent {
  const { name, data } = upcast(envelope)
  switch (name) {
    case 'device-credential.provisioned':
      return { type: name, data: deviceCredentialEventData[name].parse(data) }
    case 'device-credential.revoked':
      return { type: name, data: deviceCredentialEventData[name].parse(data) }
    default:
      throw new UnknownEventError(envelope.type)
  }
}
