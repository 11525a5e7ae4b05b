import type { NatsConnection } from '@nats-io/transport-node'
import type { PayloadObject, PayloadObjects } from '../../projections/device-manifest/payload-objects.ts'
import { PAYLOADS_BUCKET, payloadObjectName, payloadSha256 } from '../../schemas/device-sync/payload-objects.ts'
import { ImmutableObjects } from './immutable-objects.ts'

/** The chunks in Object Store bucket `payloads`. */
export class JetStreamPayloadObjects implements PayloadObjects {
  readonly #objects: ImmutableObjects

  private constructor(objects: ImmutableObjects) {
    this.#objects = objects
  }

  /** The bucket need not be there yet. */
  static async open(connection: NatsConnection): Promise<JetStreamPayloadObjects> {
    return new JetStreamPayloadObjects(await ImmutableObjects.open(connection, PAYLOADS_BUCKET, { isSecret: true }))
  }

  async put(sha256: string, compressed: Uint8Array): Promise<void> {
    await this.#objects.put(payloadObjectName(sha256), compressed, {})
  }

  async list(): Promise<readonly PayloadObject[]> {
    return (await this.#objects.list()).flatMap(({ name, storedAt }) => {
      const sha256 = payloadSha256(name)
      return sha256 === undefined ? [] : [{ sha256, storedAt }]
    })
  }

  remove(sha256: string): Promise<void> {
    return this.#objects.remove(payloadObjectName(sha256))
  }

  removeFragments(before: number): Promise<number> {
    return this.#objects.removeFragments(before)
  }
}
