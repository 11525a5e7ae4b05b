import { type DirectStreamAPI, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { z } from 'zod'
import { ALIAS_INDEX_OBJECTS as BUCKET } from '../../../schemas/alias-index-keys.ts'
import { IndexFault } from './index-fault.ts'
import { MOST_STORED_BYTES, type ObjectReference } from './object-reference.ts'
import { inTime } from '../in-time.ts'

const STREAM = `OBJ_${BUCKET}`
const READ_MS = 15_000

/** What an object store says of an object, as far as a reader needs it. */
const objectInfo = z.object({
  nuid: z.string().regex(/^[A-Za-z0-9]{1,64}$/),
  size: z.int().min(0),
  chunks: z.int().min(0).max(1024),
  deleted: z.boolean().optional(),
})

/**
 * Reads objects of bucket `alias-index` by direct gets: two requests each, no consumer on the server, and no right but to
 * read. The object store's own client makes a consumer for each object that it reads.
 */
export class NatsObjects {
  readonly #direct: DirectStreamAPI

  private constructor(direct: DirectStreamAPI) {
    this.#direct = direct
  }

  static async over(connection: NatsConnection): Promise<NatsObjects> {
    return new NatsObjects((await jetstreamManager(connection, { checkAPI: false })).direct)
  }

  /** The bytes as stored, no more than the reference says. @throws IndexFault. */
  async read(reference: ObjectReference, scope: string, signal: AbortSignal): Promise<Uint8Array> {
    const { object, bytes } = reference
    if (bytes > MOST_STORED_BYTES)
      throw new IndexFault('object_too_large', scope, `${object} has ${bytes} bytes, at most ${MOST_STORED_BYTES}`)
    try {
      return await inTime(this.#read(reference, scope), READ_MS, signal)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      throw IndexFault.of(error, scope)
    }
  }

  async #read({ object, bytes }: ObjectReference, scope: string): Promise<Uint8Array> {
    const stored = await this.#direct.getMessage(STREAM, { last_by_subj: metaSubject(object) })
    const info = stored === null ? undefined : objectInfo.safeParse(stored.json())
    if (info?.success === false) throw new IndexFault('object_corrupt', scope, `${object}: ${info.error.message}`)
    if (info === undefined || info.data.deleted === true)
      throw new IndexFault('object_gone', scope, `${object} is not there`)
    const { nuid, size, chunks } = info.data
    if (size !== bytes)
      throw new IndexFault('object_corrupt', scope, `${object} has ${size} bytes, and should have ${bytes}`)
    return this.#chunks({ subject: `$O.${BUCKET}.C.${nuid}`, chunks, bytes, object, scope })
  }

  async #chunks(of: ObjectChunks): Promise<Uint8Array> {
    const { subject, chunks, bytes, object, scope } = of
    const content = new Uint8Array(bytes)
    const messages = await this.#direct.getBatch(STREAM, { seq: 1, next_by_subj: subject, batch: chunks })
    let end = 0
    try {
      for await (const { data } of messages) {
        if (end + data.byteLength > bytes)
          throw new IndexFault(
            'object_corrupt',
            scope,
            `${object} is longer than the ${bytes} bytes that it should have`,
          )
        content.set(data, end)
        end += data.byteLength
        if (end === bytes) break
      }
    } finally {
      messages.stop()
    }
    // The collector removes the chunks and then says so: what is cut short is most likely on its way out.
    if (end < bytes) throw new IndexFault('object_gone', scope, `${object} ends after ${end} of ${bytes} bytes`)
    return content
  }
}

interface ObjectChunks {
  readonly subject: string
  readonly chunks: number
  readonly bytes: number
  readonly object: string
  readonly scope: string
}

/** Where an object store keeps what it knows of the object: its name in padded base64url. */
function metaSubject(object: string): string {
  return `$O.${BUCKET}.M.${Buffer.from(object).toString('base64').replaceAll('+', '-').replaceAll('/', '_')}`
}
