import { setImmediate } from 'node:timers/promises'

/** Names that are put into memory in one turn of the event loop: a few milliseconds. */
export const SLICE = 2048

/** Long work in slices, so that what else the process does comes in between. */
export class Slices {
  readonly #pause: () => Promise<unknown>
  #done = 0

  constructor(pause: () => Promise<unknown> = setImmediate) {
    this.#pause = pause
  }

  /** To be called before each piece of work: answers whether {@link pause} has to be awaited first. */
  isFull(): boolean {
    return ++this.#done > SLICE
  }

  async pause(): Promise<void> {
    this.#done = 1
    await this.#pause()
  }
}
