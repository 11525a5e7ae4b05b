import { LRUCache } from 'lru-cache'

/**
 * The last used entries, as {@link LRUCache} keeps them, whose room is taken with the first of them. It takes it at once, for all
 * that may come: 13 ms and 3 MB for 100,000, and a process has a dozen of such caches, most of which nothing ever comes to.
 */
export class LazyLru<Key extends {}, Value extends {}> {
  readonly #options: LRUCache.OptionsMaxLimit<Key, Value, unknown>
  #entries: LRUCache<Key, Value> | undefined

  constructor(options: LRUCache.OptionsMaxLimit<Key, Value, unknown>) {
    this.#options = options
  }

  /** Most entries that it keeps. */
  get max(): number {
    return this.#options.max
  }

  get(key: Key): Value | undefined {
    return this.#entries?.get(key)
  }

  /** @param options `ttl` in milliseconds, where this entry's is another than that of all. */
  set(key: Key, value: Value, options?: { readonly ttl: number }): void {
    this.#entries ??= new LRUCache(this.#options)
    this.#entries.set(key, value, options)
  }

  delete(key: Key): void {
    this.#entries?.delete(key)
  }

  clear(): void {
    this.#entries?.clear()
  }
}
