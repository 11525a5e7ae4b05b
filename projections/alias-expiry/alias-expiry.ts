import type { Position } from '../../schemas/position.ts'
import { Backoff } from '../backoff.ts'
import { concurrently } from '../concurrently.ts'
import type { Publication, Publisher, Tenure } from '../publication.ts'
import { EXPIRY_INDEX } from '../tables/alias-tables.ts'
import { type DueAlias, dueAliases } from './due-aliases.ts'

/** What came of telling the log that an alias has expired. */
export type ExpiryOutcome =
  /** The log says so, at this sequence; or somebody changed the slot before, and did so there. */
  | { readonly status: 'expired' | 'changed'; readonly sequence: number }
  /** The log cannot be reached: to be tried again. */
  | { readonly status: 'unavailable' }

export interface ExpiryPorts {
  /** Writes it into the log, guarded by the revision; may be repeated. */
  readonly expire: (due: DueAlias) => Promise<ExpiryOutcome>
  /** Epoch milliseconds. */
  readonly now: () => number
  /** One alias is done with, or has to wait. */
  readonly onOutcome: (status: ExpiryOutcome['status']) => void
  /** Something else went wrong; it is tried again. */
  readonly onFault: (error: unknown) => void
  /** How long an alias has been expired before the log is told, in milliseconds. Left out: {@link GRACE_MS}. */
  readonly graceMs?: number
  /** Between two looks at what is due, in milliseconds. Left out: {@link LOOK_MS}. */
  readonly lookMs?: number
}

/**
 * By then clocks that differ a little agree that it has expired: watchers have seen it go by their own, and no event that
 * follows in the log has a time from before.
 */
const GRACE_MS = 2_000
const LOOK_MS = 1_000
/** Aliases that are taken at a time, and of them those under way at once. */
const SOME = 500
const ABREAST = 64
/** First and longest wait while the log cannot be reached, in milliseconds. */
const [RETRY_MS, RETRY_MOST_MS] = [200, 10_000]

/**
 * The reactor that writes `alias.expired` for aliases whose time has come, as the owner of projector `aliases`: so rows,
 * index and watchers are cleaned. Nothing waits for it: who reads or decides judges expiry by the clock. It works beside the
 * projector, never within its batches. What a killed process has left is found by the next: the rows say what is due.
 */
export class AliasExpiry implements Publication {
  readonly #ports: ExpiryPorts
  readonly #running = new Set<Promise<void>>()

  constructor(ports: ExpiryPorts) {
    this.#ports = ports
  }

  async begin(tenure: Tenure): Promise<Publisher> {
    // A generation that an older release has made may be without it.
    await tenure.client.query(EXPIRY_INDEX)
    return new ExpiryTenure(this.#ports, tenure, (round) => {
      this.#running.add(round)
      void round.finally(() => this.#running.delete(round))
    })
  }

  /** Resolves when what was under way has ended: soon after the tenure's signal aborts. */
  async drained(): Promise<void> {
    await Promise.all(this.#running)
  }
}

class ExpiryTenure implements Publisher {
  readonly #ports: ExpiryPorts
  readonly #tenure: Tenure
  readonly #track: (round: Promise<void>) => void
  readonly #backoff = new Backoff(RETRY_MS, RETRY_MOST_MS)
  #isWorking = false
  /** Tables that have not come so far show as due what is settled. */
  #from: number
  #lookAt = -Infinity

  constructor(ports: ExpiryPorts, tenure: Tenure, track: (round: Promise<void>) => void) {
    this.#ports = ports
    this.#tenure = tenure
    this.#track = track
    this.#from = tenure.head.sequence
  }

  async publish(at: Position): Promise<void> {
    if (this.#isWorking || at.sequence < this.#from || performance.now() < this.#lookAt) return
    this.#lookAt = performance.now() + (this.#ports.lookMs ?? LOOK_MS)
    const expiredBy = this.#ports.now() - (this.#ports.graceMs ?? GRACE_MS)
    const due = await dueAliases(this.#tenure.client, { at: expiredBy, most: SOME })
    if (due.length === 0) return
    this.#isWorking = true
    this.#track(this.#expire(due))
  }

  async #expire(due: readonly DueAlias[]): Promise<void> {
    const { onOutcome, onFault, expire } = this.#ports
    const { signal } = this.#tenure
    let [isAway, settled] = [false, 0]
    try {
      await concurrently(due, ABREAST, async (one) => {
        if (isAway || signal.aborted) return
        const outcome = await expire(one)
        onOutcome(outcome.status)
        if (outcome.status === 'unavailable') isAway = true
        else this.#from = Math.max(this.#from, outcome.sequence)
        if (outcome.status === 'expired') settled++
      })
    } catch (error) {
      isAway = true
      if (!signal.aborted) onFault(error)
    }
    if (isAway) await this.#backoff.wait(signal)
    else this.#backoff.reset()
    // There are more: as soon as the tables show what is done.
    if (settled === SOME) this.#lookAt = -Infinity
    this.#isWorking = false
  }
}
