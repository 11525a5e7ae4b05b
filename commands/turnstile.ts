/**
 * One at a time per key, in order of arrival. Commands on one aggregate in one process take turns here instead of
 * spending their tries on conflicts with each other; the expected revision stays the only guard between processes.
 * Keys of one caller are taken together, so two callers with overlapping keys cannot wait for each other.
 */
export class Turnstile {
  readonly #tails = new Map<string, Promise<void>>()

  /**
   * Begins the work at once where nobody else has a turn. It rejects rather than throws; and it never passes here itself
   * before it first waits, for its own turn is noted only then.
   */
  pass<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const before: Promise<void>[] = []
    for (const key of keys) {
      const tail = this.#tails.get(key)
      if (tail !== undefined) before.push(tail)
    }
    const turn = before.length === 0 ? work() : Promise.all(before).then(work)
    const leave = (): void => {
      for (const key of keys) if (this.#tails.get(key) === done) this.#tails.delete(key)
    }
    const done = turn.then(leave, leave)
    for (const key of keys) this.#tails.set(key, done)
    return turn
  }
}
