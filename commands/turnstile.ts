/** A stay of one caller at all of its keys. */
export interface Turn {
  readonly keys: readonly string[]
  /** Resolves when it begins; `undefined` where it has begun, since nobody else was there. */
  readonly begins: Promise<unknown> | undefined
  /** Made by the first who waits for its end. */
  ends?: PromiseWithResolvers<void>
}

/**
 * One at a time per key, in order of arrival. Commands on one aggregate in one process take turns here instead of
 * spending their tries on conflicts with each other; the expected revision stays the only guard between processes.
 * Keys of one caller are taken together, so two callers with overlapping keys cannot wait for each other.
 */
export class Turnstile {
  readonly #last = new Map<string, Turn>()

  /** Whoever enters waits until the turn begins, and leaves, come what may. Where nobody waits, no promise is made. */
  enter(keys: readonly string[]): Turn {
    const before: Promise<void>[] = []
    for (const key of keys) {
      const last = this.#last.get(key)
      if (last !== undefined) before.push((last.ends ??= Promise.withResolvers()).promise)
    }
    const turn: Turn = { keys, begins: before.length === 0 ? undefined : Promise.all(before) }
    for (const key of keys) this.#last.set(key, turn)
    return turn
  }

  leave(turn: Turn): void {
    for (const key of turn.keys) if (this.#last.get(key) === turn) this.#last.delete(key)
    turn.ends?.resolve()
  }
}
