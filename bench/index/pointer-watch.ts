import { type KV, KvWatchInclude } from '@nats-io/kv'
import type { AliasIndexObjects } from '../../infra/jetstream/alias-index-objects.ts'
import { aliasIndexPointer } from '../../schemas/alias-index.ts'
import { ALIAS_INDEX_PROGRESS_KEY, scopeKeyOfPointer } from '../../schemas/alias-index-keys.ts'

interface Waiter {
  readonly scopeKey: string
  readonly position: number
  readonly resolve: (at: number) => void
}

/** Follows the pointers as a client does: sees one move, and fetches the object that it names last. */
export class PointerWatch {
  /** Of all pointers and progress keys seen, keys included. */
  bytes = 0
  readonly #seen = new Map<string, { readonly position: number; readonly at: number }>()
  #waiters: Waiter[] = []

  /** Watches until the connection of the bucket closes. */
  static async begin(kv: KV, objects: AliasIndexObjects): Promise<PointerWatch> {
    const watch = new PointerWatch()
    const entries = await kv.watch({ include: KvWatchInclude.UpdatesOnly })
    void (async () => {
      for await (const { key, length, value } of entries) {
        if (key !== ALIAS_INDEX_PROGRESS_KEY && !key.startsWith('alias_index.')) continue
        watch.bytes += key.length + length
        if (key === ALIAS_INDEX_PROGRESS_KEY) continue
        const pointer = aliasIndexPointer.parse(JSON.parse(new TextDecoder().decode(value)))
        const newest = pointer.deltas.at(-1)?.object ?? pointer.object
        void watch.#fetch(objects, newest, scopeKeyOfPointer(key), pointer.position)
      }
    })()
    return watch
  }

  /** When the scope's content at `position`, or a later one, was here: on the clock of `performance.now()`. */
  visible(scopeKey: string, position: number): Promise<number> {
    const seen = this.#seen.get(scopeKey)
    if (seen !== undefined && seen.position >= position) return Promise.resolve(seen.at)
    return new Promise((resolve) => void this.#waiters.push({ scopeKey, position, resolve }))
  }

  async #fetch(objects: AliasIndexObjects, name: string, scopeKey: string, position: number): Promise<void> {
    if ((await objects.get(name)) === undefined) throw new Error(`${name} is gone`)
    this.#arrived(scopeKey, position)
  }

  #arrived(scopeKey: string, position: number): void {
    const at = performance.now()
    this.#seen.set(scopeKey, { position, at })
    const isOver = (waiter: Waiter): boolean => waiter.scopeKey === scopeKey && waiter.position <= position
    const over = this.#waiters.filter(isOver)
    this.#waiters = this.#waiters.filter((waiter) => !isOver(waiter))
    for (const { resolve } of over) resolve(at)
  }
}
