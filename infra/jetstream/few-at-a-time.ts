/**
 * Lets at most so many pieces of work be under way; the others wait in order. A time limit on a piece then speaks of the
 * server, and not of the queue that we made before it ourselves.
 */
export class FewAtATime {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(most: number) {
    this.#free = most
  }

  /** @throws what `work` throws. */
  async do<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      // Whoever is next takes the place over, so that nobody slips in between.
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}
