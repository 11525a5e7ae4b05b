import { type DirectStreamAPI, jetstreamManager } from '@nats-io/jetstream'
import { type KV, Kvm, type KvWatchEntry } from '@nats-io/kv'
import type { NatsConnection, QueuedIterator } from '@nats-io/transport-node'
import {
  ALIAS_INDEX_POINTERS as BUCKET,
  ALIAS_INDEX_PROGRESS_KEY as PROGRESS,
  pointerKey,
  scopeKeyOfPointer,
} from '../../../schemas/alias-index-keys.ts'
import { inTime } from '../in-time.ts'

const READ_MS = 5000
/** Longest that closing waits for a watch that is being opened. */
const SETTLE_MS = 1000

/** What one read found, all as of one moment. */
export interface PointerTexts {
  /** By scope key; a scope without a pointer is left out. */
  readonly pointers: ReadonlyMap<string, string>
  /** How far the index as a whole has come. */
  readonly progress: string | undefined
}

/** The pointers of the alias index: read at once, and watched. */
export class PointerSource {
  readonly #direct: DirectStreamAPI
  readonly #kv: KV

  private constructor(direct: DirectStreamAPI, kv: KV) {
    this.#direct = direct
    this.#kv = kv
  }

  static async over(connection: NatsConnection): Promise<PointerSource> {
    const { direct } = await jetstreamManager(connection, { checkAPI: false })
    return new PointerSource(direct, await new Kvm(connection).open(BUCKET, { allow_direct: true }))
  }

  /** One request, however many scopes. @throws Error when it is not answered in time. */
  async read(scopes: readonly string[], signal: AbortSignal): Promise<PointerTexts> {
    const subjects = [PROGRESS, ...scopes.map(pointerKey)].map((key) => `$KV.${BUCKET}.${key}`)
    return inTime(this.#read(subjects), READ_MS, signal)
  }

  /** Tells the newest of each, at first and whenever it changes. Ends when `signal` aborts. @throws Error when the watch breaks. */
  async watch(
    scopes: readonly string[],
    tell: (scope: string, text: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const key = scopes.map(pointerKey)
    const entries = await this.#open(key, signal)
    const stop = (): void => entries.stop()
    signal.addEventListener('abort', stop, { once: true })
    try {
      for await (const entry of entries)
        if (entry.operation === 'PUT') tell(scopeKeyOfPointer(entry.key), entry.string())
    } finally {
      signal.removeEventListener('abort', stop)
      entries.stop()
    }
    if (!signal.aborted) throw new Error('the watch of the alias index ended')
  }

  async #open(key: string[], signal: AbortSignal): Promise<QueuedIterator<KvWatchEntry>> {
    const opening = this.#kv.watch({ key, ignoreDeletes: true })
    try {
      return await inTime(opening, READ_MS, signal)
    } catch (error) {
      // A watch whose connection is closed while it is being opened leaves a timer behind that runs for ever.
      const stopped = opening.then((entries) => entries.stop())
      await inTime(stopped, SETTLE_MS).catch(() => undefined)
      throw error
    }
  }

  async #read(subjects: string[]): Promise<PointerTexts> {
    const pointers = new Map<string, string>()
    let progress: string | undefined
    const query = { multi_last: subjects, batch: subjects.length }
    for await (const message of await this.#direct.getLastMessagesFor(`KV_${BUCKET}`, query)) {
      const key = message.subject.slice(`$KV.${BUCKET}.`.length)
      if (message.header.has('KV-Operation')) continue
      if (key === PROGRESS) progress = message.string()
      else pointers.set(scopeKeyOfPointer(key), message.string())
    }
    return { pointers, progress }
  }
}
