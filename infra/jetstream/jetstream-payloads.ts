import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import { type ObjectStore, Objm } from '@nats-io/obj'
import type { NatsConnection } from '@nats-io/transport-node'
import { MAX_CHUNK_BYTES } from '../../schemas/device-sync/manifest.ts'
import { PAYLOADS_BUCKET, payloadObjectName } from '../../schemas/device-sync/payload-objects.ts'

const TIMEOUT_MS = 10_000
/** No chunk is stored larger; what is, is not read into memory. */
const LARGEST = MAX_CHUNK_BYTES + 64 * 1024

/** Chunks of devices' tables: Object Store bucket `payloads`, each by the sha256 of its content, stored as zstd. */
export class JetStreamPayloads {
  readonly #store: ObjectStore
  readonly #manager: JetStreamManager

  private constructor(store: ObjectStore, manager: JetStreamManager) {
    this.#store = store
    this.#manager = manager
  }

  /** The bucket need not be there yet. */
  static async open(connection: NatsConnection): Promise<JetStreamPayloads> {
    const store = await new Objm(jetstream(connection, { timeout: TIMEOUT_MS })).open(PAYLOADS_BUCKET, false)
    return new JetStreamPayloads(store, await jetstreamManager(connection, { checkAPI: false, timeout: TIMEOUT_MS }))
  }

  /** @throws RangeError when it is larger than any chunk; what an outage throws. */
  async read(sha256: string): Promise<{ readonly bytes: Uint8Array; readonly etag: string } | undefined> {
    const name = payloadObjectName(sha256)
    const info = await this.#store.info(name)
    if (info === null || info.deleted) return undefined
    if (info.size > LARGEST) throw new RangeError(`object ${name} has ${info.size} bytes, at most ${LARGEST}`)
    // One message is read without a consumer, which would cost some milliseconds.
    const bytes =
      info.chunks === 1
        ? (
            await this.#manager.streams.getMessage(`OBJ_${PAYLOADS_BUCKET}`, {
              last_by_subj: `$O.${PAYLOADS_BUCKET}.C.${info.nuid}`,
            })
          )?.data
        : await this.#store.getBlob(name)
    return bytes === undefined || bytes === null ? undefined : { bytes, etag: info.digest }
  }
}
