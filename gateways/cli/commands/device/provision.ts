import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { writePrivate } from '../../../../infra/nats/key-files.ts'
import { credsFile } from '../../../../infra/nats/nats-jwt.ts'
import { newNkey } from '../../../../infra/nats/nkey.ts'
import { MAX_CREDENTIAL_DAYS } from '../../../../schemas/device-credential.ts'
import { provisionedDevice } from '../../../../schemas/http/device-credentials.ts'
import { createOutput } from '../../output.ts'
import { openRest } from '../../platform/open-rest.ts'

interface Options {
  readonly out?: string
  readonly days: number
  readonly nats: boolean
  readonly json?: true
}

const DAY_MS = 86_400_000

/**
 * `pharos device provision`: a credential for a device of the fleet, as files for it. The private key is made here and
 * sent nowhere; what the device had before ends at once.
 */
export function deviceProvision(): Command {
  return new Command('provision')
    .description('give a device its credential, in place of the one that it has: identity.json, device.creds, api-key')
    .argument('<device>', 'its id, or its MAC address')
    .option('--out <directory>', 'where the files go; named by the device if left out')
    .option('--days <days>', `until it ends, at most ${MAX_CREDENTIAL_DAYS}`, days, 730)
    .option('--no-nats', 'no credential for NATS: a device that uses HTTP only')
    .option('--json', 'what was done, without any secret, as JSON')
    .action(async (device: string, options: Options) => {
      const out = options.out ?? device.replaceAll(':', '-')
      // First: once the device is provisioned, what it had before is void.
      await mkdir(out, { recursive: true, mode: 0o700 })
      const rest = await openRest()
      const key = options.nats ? newNkey('user') : undefined
      const body = {
        expiresAt: new Date(Date.now() + options.days * DAY_MS).toISOString(),
        ...(key === undefined ? {} : { publicKey: key.publicKey }),
      }
      const response = await rest.send(`/api/fleet/devices/${encodeURIComponent(device)}/credential`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      const provisioned = provisionedDevice.parse(await response.json())
      const { deviceId, identity, natsJwt, apiKey, expiresAt, position } = provisioned
      const files = {
        'identity.json': `${JSON.stringify(identity, undefined, 2)}\n`,
        'api-key': `${apiKey}\n`,
        ...(natsJwt === undefined || key === undefined ? {} : { 'device.creds': credsFile(natsJwt, key.seed) }),
      }
      for (const [name, text] of Object.entries(files)) await writePrivate(join(out, name), text)
      createOutput(options.json === true).result(
        { deviceId, expiresAt, position, files: Object.keys(files), out },
        () =>
          [
            `device ${deviceId} (${identity.mac}) is provisioned until ${expiresAt}; what it had before has ended`,
            `its files are in ${out}: ${Object.keys(files).join(', ')}. Bring them to the device, and keep no copy.`,
          ].join('\n'),
      )
    })
}

function days(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > MAX_CREDENTIAL_DAYS)
    throw new RangeError(`--days must be a whole number from 1 to ${MAX_CREDENTIAL_DAYS}`)
  return value
}
