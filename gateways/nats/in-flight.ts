/**
 * Counts what is under way, refuses more than `most`, and lets a stop wait for the rest. What is refused costs no memory:
 * a flood is answered, not queued.
 */
export class InFlight {
  readonly #most: number
  #count = 0
  #drained: PromiseWithResolvers<void> | undefined

  constructor(most: number) {
    this.#most = most
  }

  /** False when there is no room; else {@link leave} must be called once the work is done. */
  enter(): boolean {
    if (this.#count >= this.#most) return false
    this.#count++
    return true
  }

  leave(): void {
    this.#count--
    if (this.#count === 0) this.#drained?.resolve()
  }

  /** Resolves when nothing is under way. */
  async drained(): Promise<void> {
    if (this.#count === 0) return
    this.#drained ??= Promise.withResolvers<void>()
    await this.#drained.promise
  }
}
