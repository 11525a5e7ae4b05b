import type { Position } from '../../schemas/position.ts'
import type { Publication, Publisher, Tenure } from '../publication.ts'
import { forgotten, noteDestroyed, noteScrubbed, reopenErasures, undestroyed, unscrubbed } from './erasure-ledger.ts'

export interface ErasurePorts {
  /** Destroys the person's key for good; may be repeated. Rejects when it is not known to be destroyed. */
  readonly destroyKey: (person: string) => Promise<void>
  /** Writes into the log that the person is erased, if it knows them and does not say so. */
  readonly eraseAgain: (person: string) => Promise<void>
  /** Rewrites the tables that show people; false: not possible now. */
  readonly scrub: (signal: AbortSignal) => Promise<boolean>
  /** Names of the projectors whose tables these are. */
  readonly shownBy: readonly string[]
  /** Tables could not be rewritten; it is tried again. */
  readonly onFault: (error: unknown) => void
  /** Least time between two rewrites, in milliseconds. */
  readonly scrubEveryMs?: number
}

const SCRUB_EVERY_MS = 60_000
/** While projectors have not come so far. */
const LOOK_AGAIN_MS = 1_000

/**
 * The reactor that carries out erasures, as the owner of projector `erasures`: notes the person in the ledger, destroys
 * their key, and when all tables have followed, has these rewritten. Each step may be repeated, and what a killed process
 * has left is found by the next: the tables say what is open.
 */
export function erasurePublication(ports: ErasurePorts): Publication {
  return {
    async begin(tenure) {
      const persons = await forgotten(tenure.client)
      // Until the log says that they are erased, more may be told of them: then all of it is done once more.
      await reopenErasures(tenure.client, persons)
      for (const person of persons) {
        await ports.destroyKey(person)
        await ports.eraseAgain(person)
        await tenure.alive()
      }
      return new ErasurePublisher(ports, tenure)
    },
  }
}

/** Of these people the tables are being rewritten, or were. */
interface Scrubbing {
  readonly persons: readonly string[]
  outcome?: 'done' | 'not now'
}

class ErasurePublisher implements Publisher {
  readonly #ports: ErasurePorts
  readonly #tenure: Tenure
  #destroyedUntil = -1
  /** From when on to look for what is left to rewrite; `undefined`: nothing is. */
  #lookAt: number | undefined = -Infinity
  /** Under way beside all else, since it may take minutes and keys must not wait for it; then, what came of it. */
  #scrubbing: Scrubbing | undefined

  constructor(ports: ErasurePorts, tenure: Tenure) {
    this.#ports = ports
    this.#tenure = tenure
  }

  async publish(at: Position): Promise<void> {
    if (at.sequence !== this.#destroyedUntil) await this.#destroyKeys()
    this.#destroyedUntil = at.sequence
    if (this.#scrubbing !== undefined) await this.#finishScrub(this.#scrubbing)
    else if (this.#lookAt !== undefined && performance.now() >= this.#lookAt) await this.#beginScrub()
  }

  async #destroyKeys(): Promise<void> {
    const { client, signal } = this.#tenure
    for (let some = await undestroyed(client); some.length > 0; some = await undestroyed(client)) {
      for (const person of some) {
        signal.throwIfAborted()
        await this.#ports.destroyKey(person)
        await this.#tenure.alive()
      }
      await noteDestroyed(client, some)
      this.#lookAt ??= performance.now()
    }
  }

  async #beginScrub(): Promise<void> {
    const { client, signal } = this.#tenure
    const { ready, waiting } = await unscrubbed(client, this.#ports.shownBy)
    this.#lookAt = waiting ? performance.now() + LOOK_AGAIN_MS : undefined
    if (ready.length === 0) return
    const scrubbing: Scrubbing = { persons: ready }
    this.#scrubbing = scrubbing
    this.#ports.scrub(signal).then(
      (isDone) => (scrubbing.outcome = isDone ? 'done' : 'not now'),
      (error: unknown) => {
        scrubbing.outcome = 'not now'
        if (!signal.aborted) this.#ports.onFault(error)
      },
    )
  }

  async #finishScrub({ persons, outcome }: Scrubbing): Promise<void> {
    if (outcome === undefined) return
    if (outcome === 'done') await noteScrubbed(this.#tenure.client, persons)
    this.#scrubbing = undefined
    // Whoever was erased meanwhile waits a while: every rewrite holds readers up.
    this.#lookAt = performance.now() + (this.#ports.scrubEveryMs ?? SCRUB_EVERY_MS)
  }
}
