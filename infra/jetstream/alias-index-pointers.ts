import { jetstream } from '@nats-io/jetstream'
import { type KV, type KvEntry, Kvm } from '@nats-io/kv'
import { nuid, type NatsConnection } from '@nats-io/transport-node'
import type { z } from 'zod'
import type { IndexPointers, Placed, PointerMove, ProgressMove } from '../../projections/alias-index/index-pointers.ts'
import { aliasIndexPointer, type AliasIndexPointer } from '../../schemas/alias-index.ts'
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
    return placed(aliasIndexPointer, await this.#kv.get(pointerKey(scopeKey)))
  }

  async *all(): AsyncGenerator<readonly [string, Placed<AliasIndexPointer>], void> {
    for await (const entry of await this.#kv.history({ key: pointerKey('>') })) {
      const pointer = placed(aliasIndexPointer, entry)
      if (pointer !== undefined) yield [scopeKeyOfPointer(entry.key), pointer]
    }
  }

  async readProgress(): Promise<Placed<AliasIndexProgress> | undefined> {
    return placed(aliasIndexProgress, await this.#kv.get(ALIAS_INDEX_PROGRESS_KEY))
  }

  /** @throws Error when it is unknown whether they have moved. */
  async move(moves: readonly PointerMove[], progress?: ProgressMove): Promise<number | false> {
    const writes = moves.map(({ scopeKey, pointer, expected }) => write(pointerKey(scopeKey), pointer, expected))
    if (progress !== undefined) writes.push(write(ALIAS_INDEX_PROGRESS_KEY, progress.progress, progress.expected))
    const ack = parsePublishAck((await publishAtomically(this.#connection, writes, TIMEOUT_MS)).json())
    if (ack.status === 'stored') return ack.sequence
    if (ack.status === 'contested') return false
    throw new Error(
      `the pointers were not moved: ${ack.status === 'known' ? 'a message id was used twice' : ack.reason}`,
    )
  }
}

function write(key: string, value: object, expectedRevision: number) {
  const payload = new TextEncoder().encode(JSON.stringify(value))
  return { subject: `$KV.${ALIAS_INDEX_POINTERS}.${key}`, expectedRevision, messageId: nuid.next(), payload }
}

function placed<T>(shape: z.ZodType<T>, entry: KvEntry | null): Placed<T> | undefined {
  if (entry === null || entry.operation !== 'PUT') return undefined
  const read = shape.safeParse(entry.json())
  if (!read.success) throw new Error(`${entry.key} is not what it should be`, { cause: read.error })
  return { value: read.data, revision: entry.revision, movedAt: entry.created.getTime() }
}
