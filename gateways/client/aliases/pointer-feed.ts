import { Backoff } from '../../../projections/backoff.ts'
import type { NatsLink } from '../nats-link.ts'
import { IndexFault } from './index-fault.ts'
import { inTime } from '../in-time.ts'
import { PointerSource } from './pointer-source.ts'

/** A watch tells of changes at once; this read is for what a watch can lose unseen, and to know that nothing changed. */
const POLL_MS = 10_000
export interface PointerFeedOptions {
  readonly link: NatsLink
  readonly now: () => number
  /** The scopes whose pointers are wanted, by key. */
  readonly scopes: () => readonly string[]
  /**
   * A pointer as it stands, or that there is none (`undefined`), as of the moment `at`.
   * A read may come from a replica that lags behind; a watch does not go back.
   */
  readonly tell: (scope: string, text: string | undefined, source: 'watch' | 'read', at: number) => void
  /** How far the index as a whole has come. Told after the pointers that were read with it. */
  readonly tellProgress: (text: string | undefined) => void
  readonly onFault: (fault: IndexFault) => void
}

/**
 * Follows pointers: a watch, and a read at the beginning, after every reconnect, when asked for, and now and then. State
 * is synchronised, no log: what was missed in between does not matter, and starting over does no harm.
 */
export class PointerFeed {
  readonly #options: PointerFeedOptions
  readonly #closing = new AbortController()
  readonly #running: Promise<void>
  readonly #stopListening: () => void
  #round = new AbortController()
  #sooner: () => void = () => undefined

  constructor(options: PointerFeedOptions) {
    this.#options = options
    this.#stopListening = options.link.onChange((up) => up && this.restart())
    this.#running = this.#run()
  }

  /** Other scopes are wanted, or all is to be asked anew. */
  restart(): void {
    this.#round.abort()
  }

  /** Reads all pointers now. */
  readNow(): void {
    this.#sooner()
  }

  async close(): Promise<void> {
    this.#stopListening()
    this.#closing.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const backoff = new Backoff(50, 5000)
    while (!this.#closing.signal.aborted) {
      this.#round = new AbortController()
      const signal = AbortSignal.any([this.#closing.signal, this.#round.signal])
      try {
        await this.#follow(signal, backoff)
      } catch (error) {
        if (signal.aborted) continue
        this.#options.onFault(IndexFault.of(error, ''))
        await backoff.wait(signal)
      }
    }
  }

  async #follow(signal: AbortSignal, backoff: Backoff): Promise<void> {
    const { link, scopes, tell, now } = this.#options
    const connection = await inTime(link.connection(), undefined, signal)
    const wanted = scopes()
    if (wanted.length === 0) return aborted(signal)
    const source = await PointerSource.over(connection)
    const failed = new AbortController()
    const either = AbortSignal.any([signal, failed.signal])
    const following = [
      source.watch(wanted, (scope, text) => tell(scope, text, 'watch', now()), either),
      this.#poll(source, wanted, either, backoff),
    ].map((work) => work.finally(() => failed.abort()))
    const [first] = (await Promise.allSettled(following)).filter(({ status }) => status === 'rejected')
    if (first?.status === 'rejected' && !signal.aborted) throw first.reason
  }

  async #poll(source: PointerSource, scopes: readonly string[], signal: AbortSignal, backoff: Backoff): Promise<void> {
    const { tell, tellProgress, now } = this.#options
    while (!signal.aborted) {
      const at = now()
      const { pointers, progress } = await source.read(scopes, signal)
      if (signal.aborted) return
      for (const scope of scopes) tell(scope, pointers.get(scope), 'read', at)
      tellProgress(progress)
      backoff.reset()
      await this.#pause(POLL_MS * (0.75 + Math.random() / 2), signal)
    }
  }

  /** Ends after so many milliseconds, when a read is asked for, or when `signal` aborts. */
  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms).unref()
    const stop = (): void => resolve()
    this.#sooner = stop
    signal.addEventListener('abort', stop, { once: true })
    if (!signal.aborted) await promise
    signal.removeEventListener('abort', stop)
    clearTimeout(timer)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal.aborted) resolve()
  else signal.addEventListener('abort', () => resolve(), { once: true })
  return promise
}
