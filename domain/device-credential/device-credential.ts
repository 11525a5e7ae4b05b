import type { DeviceCredentialCommand } from '../../schemas/commands/device-credential.ts'
import { MAX_CREDENTIAL_DAYS } from '../../schemas/device-credential.ts'
import type { DeviceCredentialEvent } from '../../schemas/events/device-credential.ts'
import { accept, type Decider, type Decision, type DecisionContext, refuse } from '../decider.ts'

/** What one device proves itself with: at most one credential at a time, and no key of it twice. */
export interface DeviceCredentialState {
  /** The one that counts; absent: never provisioned, or revoked. */
  readonly current?: ProvisionedCredential
  /** Every public key and API key that it ever had. */
  readonly used: readonly string[]
}

export type ProvisionedCredential = Readonly<
  Extract<DeviceCredentialEvent, { type: 'device-credential.provisioned' }>['data']
>

const NONE: DeviceCredentialState = { used: [] }
const DAY_MS = 86_400_000

/** Rules of a device's credential. */
export const deviceCredential: Decider<DeviceCredentialState, DeviceCredentialCommand, DeviceCredentialEvent> = {
  initialState: NONE,
  decide,
  evolve,
}

function decide(
  command: DeviceCredentialCommand,
  [state = NONE]: readonly DeviceCredentialState[],
  { at }: DecisionContext,
): Decision<DeviceCredentialEvent> {
  switch (command.type) {
    case 'device-credential.provision': {
      const { publicKey, apiKeyId, expiresAt } = command.data
      // A key that was revoked is so for ever, and whoever had it may have it still.
      if (publicKey !== undefined && state.used.includes(publicKey))
        return refuse('public_key_taken', 'this device had this key before; make a new one', 'publicKey')
      if (state.used.includes(apiKeyId))
        return refuse('api_key_taken', 'this device had this API key before; issue a new one', 'apiKeyId')
      if (Date.parse(expiresAt) <= at) return refuse('expiry_in_past', 'expiresAt must be later than now', 'expiresAt')
      if (Date.parse(expiresAt) > at + MAX_CREDENTIAL_DAYS * DAY_MS)
        return refuse('expiry_too_late', `expiresAt must be within ${MAX_CREDENTIAL_DAYS} days from now`, 'expiresAt')
      const issuedAt = new Date(at).toISOString()
      return accept({ type: 'device-credential.provisioned', data: { ...command.data, issuedAt } })
    }
    case 'device-credential.revoke': {
      const { deviceId } = command.data
      if (state.current !== undefined) return accept({ type: 'device-credential.revoked', data: command.data })
      return state.used.length > 0
        ? accept()
        : refuse('credential_not_found', `the device "${deviceId}" was never provisioned`, 'deviceId')
    }
  }
}

function evolve({ used }: DeviceCredentialState, event: DeviceCredentialEvent): DeviceCredentialState {
  switch (event.type) {
    case 'device-credential.provisioned': {
      const { publicKey, apiKeyId } = event.data
      return { current: event.data, used: [...used, ...(publicKey === undefined ? [] : [publicKey]), apiKeyId] }
    }
    case 'device-credential.revoked':
      return { used }
  }
}
