import type { NatsConnection } from '@nats-io/transport-node'
import { z } from 'zod'
import type { IndexObject, IndexObjects, ObjectLabel, PutResult } from '../../projections/alias-index/index-objects.ts'
import { ALIAS_INDEX_OBJECTS } from '../../schemas/alias-index-keys.ts'
import { ImmutableObjects } from './immutable-objects.ts'

const count = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number)
const label = z.object({ from: count, to: count, totalBytes: count.optional() })

/** The objects in Object Store bucket `alias-index`. */
export class AliasIndexObjects implements IndexObjects {
  readonly #objects: ImmutableObjects

  private constructor(objects: ImmutableObjects) {
    this.#objects = objects
  }

  /** The bucket need not be there yet. */
  static async open(connection: NatsConnection): Promise<AliasIndexObjects> {
    return new AliasIndexObjects(await ImmutableObjects.open(connection, ALIAS_INDEX_OBJECTS))
  }

  async put(name: string, bytes: Uint8Array, { from, to, totalBytes }: ObjectLabel): Promise<PutResult> {
    const metadata = {
      from: String(from),
      to: String(to),
      ...(totalBytes === undefined ? {} : { totalBytes: String(totalBytes) }),
    }
    const { wasStored, read } = await this.#objects.put(name, bytes, metadata)
    return { wasStored, held: await read() }
  }

  get(name: string): Promise<Uint8Array | undefined> {
    return this.#objects.get(name)
  }

  async label(name: string): Promise<ObjectLabel | undefined> {
    return readLabel(await this.#objects.metadata(name))
  }

  async list(): Promise<readonly IndexObject[]> {
    return (await this.#objects.list()).flatMap(({ metadata, ...object }) => {
      const read = readLabel(metadata)
      return read === undefined ? [] : [{ ...object, ...read }]
    })
  }

  remove(name: string): Promise<void> {
    return this.#objects.remove(name)
  }

  removeFragments(before: number): Promise<number> {
    return this.#objects.removeFragments(before)
  }
}

function readLabel(metadata: Readonly<Record<string, string>> | undefined): ObjectLabel | undefined {
  const { data } = label.safeParse(metadata)
  if (data === undefined) return undefined
  const { from, to, totalBytes } = data
  return { from, to, ...(totalBytes === undefined ? {} : { totalBytes }) }
}
