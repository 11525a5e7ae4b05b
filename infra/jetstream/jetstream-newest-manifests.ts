import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { DeviceId } from '../../schemas/device-sync/manifest.ts'
import { type NewestManifests, newestManifests } from '../../schemas/device-sync/newest-manifests.ts'

const TIMEOUT_MS = 2_000
const STREAM = 'MANIFESTS'

/** What each device is to be: stream `MANIFESTS`, read from whichever replica answers. */
export class JetStreamNewestManifests {
  readonly #manager: JetStreamManager

  private constructor(manager: JetStreamManager) {
    this.#manager = manager
  }

  static async open(connection: NatsConnection): Promise<JetStreamNewestManifests> {
    return new JetStreamNewestManifests(await jetstreamManager(connection, { checkAPI: false, timeout: TIMEOUT_MS }))
  }

  /** @throws z.ZodError or SyntaxError when what stands there is no manifest; what an outage throws. */
  async read(deviceId: DeviceId): Promise<NewestManifests | undefined> {
    const message = await this.#manager.direct.getMessage(STREAM, { last_by_subj: `device.${deviceId}.manifest` })
    // Nothing in it: the device has none any more.
    return message === null || message.data.length === 0 ? undefined : newestManifests.parse(message.json())
  }
}
