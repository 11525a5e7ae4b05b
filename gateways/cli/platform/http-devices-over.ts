import { JetStreamPayloads } from '../../../infra/jetstream/jetstream-payloads.ts'
import { deviceJwt } from '../../../infra/nats/device-issuer.ts'
import { PayloadCache } from '../../devices/payload-cache.ts'
import type { HttpDevices } from '../../http/http-dependencies.ts'
import type { RoleParts } from './roles/role.ts'
import { withoutCredential } from './without-credential.ts'

/** Payloads kept in memory, in bytes, and how many are read at once. */
const PAYLOADS = { bytes: 64 * 1024 * 1024, abreast: 4 }

/** What devices are served with over HTTP; nothing where there are no keys to sign with. */
export async function httpDevicesOver(
  parts: Pick<RoleParts, 'connection' | 'deviceKeys' | 'devicePorts' | 'book' | 'config' | 'natsUrl'>,
): Promise<HttpDevices | undefined> {
  const { connection, deviceKeys, devicePorts: ports, book, config, natsUrl } = parts
  const { issuer, manifestKeys } = deviceKeys
  if (ports === undefined || manifestKeys === undefined) return undefined
  return {
    ports,
    payloads: new PayloadCache(await JetStreamPayloads.open(connection), PAYLOADS),
    book,
    enrolment: {
      natsUrl: config.DEVICE_NATS_URL ?? withoutCredential(natsUrl),
      rootKey: () => manifestKeys.rootKey(),
      ...(issuer === undefined ? {} : { mintJwt: (device) => deviceJwt(issuer, device) }),
    },
  }
}
