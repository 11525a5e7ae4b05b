/**
 * The entries that were used last: at most `max`, at least the last half of them. Two maps, of which the older is let go of as
 * a whole once the newer has become half of all: no entry has to be moved or let go of by itself, so that one more among
 * a hundred thousand costs half of what it does where each has its place in a list.
 */
export class LastUsed<Key, Value extends {}> {
  readonly #max: number
  #newer = new Map<Key, Value>()
  #older: ReadonlyMap<Key, Value> = new Map()

  constructor(max: number) {
    this.#max = max
  }

  get(key: Key): Value | undefined {
    const value = this.#newer.get(key)
    if (value !== undefined) return value
    const older = this.#older.get(key)
    if (older !== undefined) this.set(key, older)
    return older
  }

  set(key: Key, value: Value): void {
    this.#newer.set(key, value)
    if (this.#newer.size < this.#max / 2) return
    this.#older = this.#newer
    this.#newer = new Map()
  }
}
