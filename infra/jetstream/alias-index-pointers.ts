import { jetstream } from '@nats-io/jetstream'
import { type KV, type KvEntry, Kvm } from '@nats-io/kv'
import { nuid, type NatsConnection } from '@nats-io/transport-node'
import type { z } from 'zod'
import type { IndexPointers, Placed, PointerMove, ProgressMove } from '../../projections/alias-index/index-pointers.ts'
import { aliasIndexPointer, type AliasIndexPointer } from '../../schemas/alias-index.ts'
import { UnreadablePointer } from '../../projections/alias-index/unreadable-pointer.ts'
import {
  ALIAS_INDEX_POINTERS,
  ALIAS_INDEX_PROGRESS_KEY,
  aliasIndexProgress,
  type AliasIndexProgress,
  pointerKey,
  scopeKeyOfPointer,
} from '../../schemas/alias-index-keys.ts'
import { publishAtomically } from './atomic-batch.ts'
import { parsePublishAck } from './publish-ack.ts'

const TIMEOUT_MS = 5_000

/** The pointers in KV bucket `schema`, whose stream takes atomic batches. */
export class AliasIndexPointers implements IndexPointers {
  readonly #connection: NatsConnection
  readonly #kv: KV

  private constructor(connection: NatsConnection, kv: KV) {
    this.#connection = connection
    this.#kv = kv
  }

  /** The bucket need not be there yet. */
  static async open(connection: NatsConnection): Promise<AliasIndexPointers> {
    const kv = await new Kvm(jetstream(connection, { timeout: TIMEOUT_MS })).open(ALIAS_INDEX_POINTERS, {
      bindOnly: true,
    })
    return new AliasIndexPointers(connection, kv)
  }

  async read(scopeKey: string): Promise<Placed<AliasIndexPointer> | undefined> {
    const found = placed(aliasIndexPointer, await this.#kv.get(pointerKey(scopeKey)))
    if (found instanceof UnreadablePointer) throw found
    return found
  }

  async *all(): AsyncGenerator<readonly [string, Placed<AliasIndexPointer>], void> {
    for await (const entry of await this.#kv.history({ key: pointerKey('>') })) {
      const pointer = placed(aliasIndexPointer, entry)
      if (pointer !== undefined && !(pointer instanceof UnreadablePointer))
        yield [scopeKeyOfPointer(entry.key), pointer]
    }
  }

  async readProgress(): Promise<Placed<AliasIndexProgress | undefined> | undefined> {
    const entry = await this.#kv.get(ALIAS_INDEX_PROGRESS_KEY)
    const found = placed(aliasIndexProgress, entry)
    if (!(found instanceof UnreadablePointer)) return found
    return entry === null ? undefined : { ...whereabouts(entry), value: undefined }
  }

  /** @throws Error when it is unknown whether they have moved. */
  async move(moves: readonly PointerMove[], progress?: ProgressMove): Promise<number | false> {
    const wanted = moves.map(({ scopeKey, pointer, expected }) => ({
      key: pointerKey(scopeKey),
      value: pointer as object,
      expected,
    }))
    if (progress !== undefined)
      wanted.push({ key: ALIAS_INDEX_PROGRESS_KEY, value: progress.progress, expected: progress.expected })
    const moved = await this.#put(wanted)
    if (moved !== false) return moved
    const asRemoved = await Promise.all(wanted.map(async (one) => ({ ...one, ...(await this.#removal(one)) })))
    return asRemoved.some(({ expected }, i) => expected !== wanted[i]?.expected) && this.#put(asRemoved)
  }

  async #put(values: readonly Put[]): Promise<number | false> {
    const writes = values.map(({ key, value, expected }) => write(key, value, expected))
    const ack = parsePublishAck((await publishAtomically(this.#connection, writes, TIMEOUT_MS)).json())
    if (ack.status === 'stored') return ack.sequence
    if (ack.status === 'contested') return false
    throw new Error(
      `the pointers were not moved: ${ack.status === 'known' ? 'a message id was used twice' : ack.reason}`,
    )
  }

  /** A key that somebody has removed holds a marker of that, which stands for nothing but has a revision. */
  async #removal({ key, expected }: Put): Promise<Partial<Put>> {
    const entry = expected === 0 ? await this.#kv.get(key) : null
    return entry === null || entry.operation === 'PUT' ? {} : { expected: entry.revision }
  }
}

interface Put {
  readonly key: string
  readonly value: object
  /** Revision of what it replaces; 0: there is nothing. */
  readonly expected: number
}

function write(key: string, value: object, expectedRevision: number) {
  const payload = new TextEncoder().encode(JSON.stringify(value))
  return { subject: `$KV.${ALIAS_INDEX_POINTERS}.${key}`, expectedRevision, messageId: nuid.next(), payload }
}

function placed<T>(shape: z.ZodType<T>, entry: KvEntry | null): Placed<T> | UnreadablePointer | undefined {
  if (entry === null || entry.operation !== 'PUT') return undefined
  try {
    return { ...whereabouts(entry), value: shape.parse(entry.json()) }
  } catch (cause) {
    return new UnreadablePointer(`${entry.key} is not what it should be`, { cause })
  }
}

function whereabouts({ revision, created }: KvEntry): Pick<Placed<unknown>, 'revision' | 'movedAt'> {
  return { revision, movedAt: created.getTime() }
}
