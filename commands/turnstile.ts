/**
 * One at a time per key, in order of arrival. Commands on one aggregate in one process take turns here instead of
 * spending their tries on conflicts with each other; the expected revision stays the only guard between processes.
 * Keys of one caller are taken together, so two callers with overlapping keys cannot wait for each other.
 */
export class Turnstile {
  readonly #tails = new Map<string, Promise<void>>()

  async pass<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const before = keys.flatMap((key) => this.#tails.get(key) ?? [])
    const { promise: done, resolve: leave } = Promise.withResolvers<void>()
    for (const key of keys) this.#tails.set(key, done)
    try {
      if (before.length > 0) await Promise.all(before)
      return await work()
    } finally {
      for (const key of keys) if (this.#tails.get(key) === done) this.#tails.delete(key)
      leave()
    }
  }
}
