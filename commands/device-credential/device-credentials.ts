import { deviceCredential, type DeviceCredentialState } from '../../domain/device-credential/device-credential.ts'
import { type DeviceCredentialCommand, deviceCredentialCommandData } from '../../schemas/commands/device-credential.ts'
import type { DeviceId } from '../../schemas/device-sync/manifest.ts'
import { currentVersion } from '../../schemas/events/current-version.ts'
import type { DeviceCredentialEvent } from '../../schemas/events/device-credential.ts'
import { readDeviceCredentialEvent } from '../../schemas/events/read-device-credential-event.ts'
import { type AggregateSubject, aggregateSubject } from '../../schemas/subjects.ts'
import type { Permission } from '../access-policy.ts'
import type { AggregateDefinition } from '../command-handler.ts'

/** What devices prove themselves with: one aggregate per device, `evt.device-credential.<id>`. */
export const deviceCredentials: AggregateDefinition<
  DeviceCredentialState,
  DeviceCredentialCommand,
  DeviceCredentialEvent
> = {
  decider: deviceCredential,
  commands: {
    'device-credential.provision': {
      data: deviceCredentialCommandData['device-credential.provision'],
      aggregates,
      permission,
    },
    'device-credential.revoke': {
      data: deviceCredentialCommandData['device-credential.revoke'],
      aggregates,
      permission,
    },
  },
  readEvent: readDeviceCredentialEvent,
  versionOf: currentVersion,
}

/** The subject that holds all credentials that one device ever had. */
export function deviceCredentialSubject(deviceId: DeviceId): AggregateSubject {
  return aggregateSubject('device-credential', deviceId)
}

function aggregates(data: { deviceId: DeviceId }): readonly AggregateSubject[] {
  return [deviceCredentialSubject(data.deviceId)]
}

function permission(): Permission {
  return { action: 'administer', on: 'access' }
}
