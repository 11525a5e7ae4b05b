import type { Pool } from 'pg'
import { epoch, type Position } from '../schemas/position.ts'
import { Backoff } from './backoff.ts'

/** Longest that a reader waits unless told, in milliseconds. */
const TIMEOUT = 5_000
/** First and longest pause between two looks at the checkpoints, while somebody waits, in milliseconds. */
const LOOK_FIRST = 2
const LOOK_MOST = 50

export type WaitResult =
  | { readonly status: 'reached'; readonly position: Position }
  /** Not in time: so many events are missing; all of them, as far as is known, when no checkpoint could be read. */
  | { readonly status: 'timeout'; readonly lagEvents: number }
  /** The position is of another life of the log than the tables: waiting is of no use. */
  | { readonly status: 'epoch-mismatch'; readonly expected: string; readonly actual: string }

interface Waiter {
  readonly projector: string
  readonly position: Position
  readonly settle: (result: WaitResult) => void
  readonly fail: (error: unknown) => void
  seen: number
}

/**
 * Lets readers wait until a projector's tables have come to a position. However many wait, one query looks for all of
 * them, and nobody looks when nobody waits; a projector in this process tells at once, by {@link hint}.
 */
export class CheckpointWatch {
  readonly #pool: Pool
  readonly #waiters = new Set<Waiter>()
  #isLooking = false
  #idle = new AbortController()

  constructor(pool: Pool) {
    this.#pool = pool
  }

  /**
   * Waits at most `timeoutMs` (5 s), or until `signal` aborts. A projector that has nothing to do is not waited for in
   * vain: its checkpoint moves to the log's end all the same.
   * @throws what Postgres says while it is away: how far the tables are cannot be known then.
   */
  async waitForPosition(
    projector: string,
    position: Position,
    options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<WaitResult> {
    const timeout = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT)
    const expired = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal])
    const { promise, resolve: settle, reject: fail } = Promise.withResolvers<WaitResult>()
    const waiter: Waiter = { projector, position, settle, fail, seen: 0 }
    const expire = (): void => settle({ status: 'timeout', lagEvents: position.sequence - waiter.seen })
    expired.addEventListener('abort', expire)
    if (expired.aborted) expire()
    this.#waiters.add(waiter)
    // A pause of those who already wait must not become this one's.
    this.#idle.abort()
    if (!this.#isLooking) void this.#look()
    try {
      return await promise
    } finally {
      expired.removeEventListener('abort', expire)
      this.#waiters.delete(waiter)
      if (this.#waiters.size === 0) this.#idle.abort()
    }
  }

  /** The projector has committed up to here. */
  hint(projector: string, at: Position): void {
    for (const waiter of this.#waiters) if (waiter.projector === projector) compare(waiter, at)
  }

  async #look(): Promise<void> {
    this.#isLooking = true
    let backoff = new Backoff(LOOK_FIRST, LOOK_MOST)
    while (this.#waiters.size > 0) {
      try {
        for (const { projector, at } of await this.#read()) this.hint(projector, at)
      } catch (error) {
        for (const waiter of this.#waiters) waiter.fail(error)
      }
      if (this.#idle.signal.aborted) {
        this.#idle = new AbortController()
        backoff = new Backoff(LOOK_FIRST, LOOK_MOST)
      }
      await backoff.wait(this.#idle.signal)
    }
    this.#isLooking = false
  }

  async #read(): Promise<readonly { readonly projector: string; readonly at: Position }[]> {
    const { rows } = await this.#pool.query<{ projector: string; epoch: string; position: string }>({
      name: 'read checkpoints',
      text: 'select projector, epoch, position from pharos.projection_checkpoints where epoch is not null',
    })
    return rows.map((row) => ({
      projector: row.projector,
      at: { epoch: epoch.parse(row.epoch), sequence: Number(row.position) },
    }))
  }
}

function compare(waiter: Waiter, at: Position): void {
  const { position, settle } = waiter
  if (at.epoch !== position.epoch) settle({ status: 'epoch-mismatch', expected: position.epoch, actual: at.epoch })
  else if (at.sequence >= position.sequence) settle({ status: 'reached', position: at })
  else waiter.seen = at.sequence
}
