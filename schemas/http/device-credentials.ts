import { z } from 'zod'
import { apiKeyId } from '../access.ts'
import { deviceCredentialCommandData } from '../commands/device-credential.ts'
import { deviceId } from '../device-sync/manifest.ts'
import { deviceIdentity } from '../device-sync/messages.ts'
import { commandId } from '../ids.ts'
import { positionText } from '../position.ts'

/** `PUT /api/fleet/devices/{deviceId}/credential`. The private half of the key stays where it was made. */
export const provisionBody = deviceCredentialCommandData['device-credential.provision'].pick({
  publicKey: true,
  expiresAt: true,
})

/** The one time that the API key is shown. */
export const provisionedDevice = z
  .object({
    deviceId,
    identity: deviceIdentity.describe('Who the device is, and whom it may believe: a file for the device'),
    natsJwt: z.string().optional().describe('Lets the holder of the private key in; with its seed, a creds file'),
    apiKeyId,
    apiKey: z.string().describe('phk_<id>_<secret>; shown only now'),
    expiresAt: z.string(),
    position: positionText,
    commandId,
  })
  .meta({ id: 'ProvisionedDevice' })
