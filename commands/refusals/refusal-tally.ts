import type { RefusalSink } from './refusal-sink.ts'
import { type Counted, refusalEnvelope } from './refusal-envelope.ts'
import { NOBODY, type RefusedCommand, UNKNOWN_COMMAND } from './refused-command.ts'

export interface RefusalTallyPorts {
  readonly sink: RefusalSink
  /** Epoch milliseconds. */
  readonly now: () => number
  /** A fresh ULID. */
  readonly newId: () => string
  /** CloudEvents source of what is stored. */
  readonly source: string
  /** How long refusals are counted together before they are stored, in milliseconds; 5,000 unless told. */
  readonly intervalMs?: number
  /** Most kinds that are counted apart at once; 1,000 unless told. */
  readonly most?: number
  /** It could not be stored, and will be tried again. */
  readonly onFault?: (error: unknown) => void
}

/** Stored at once, at the same time. */
const ABREAST = 16
/** Longest that a stop waits, in milliseconds. */
const STOP_MS = 3_000

/**
 * Counts refused commands, and stores one event for each credential, command and code in an interval: a flood costs a
 * line, and can fill neither the memory nor the stream. Beyond `most` kinds, refusals are counted by their status alone.
 * Noting one never waits and never fails. What cannot be stored is counted on; if only its acknowledgement was lost, it
 * is counted twice.
 */
export class RefusalTally {
  readonly #ports: Required<Omit<RefusalTallyPorts, 'onFault'>> & Pick<RefusalTallyPorts, 'onFault'>
  #counted = new Map<string, Counted>()
  #timer: NodeJS.Timeout | undefined
  #storing: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(ports: RefusalTallyPorts) {
    this.#ports = { intervalMs: 5_000, most: 1_000, ...ports }
  }

  note(refused: RefusedCommand): void {
    const at = this.#ports.now()
    this.#add({ ...refused, count: 1, firstAt: at, lastAt: at })
    this.#schedule()
  }

  /** Stores what was counted so far; resolves when it was tried. */
  flush(): Promise<void> {
    this.#storing = this.#storing.then(() => this.#store())
    return this.#storing
  }

  /** Stores what was counted, as far as that is possible within 3 s. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, STOP_MS)
    await Promise.race([this.flush(), late])
    clearTimeout(timer)
  }

  #add(one: Counted): void {
    const kind = [one.actor, one.command, one.status, one.code].join('\n')
    const isKnown = this.#counted.has(kind) || this.#counted.size < this.#ports.most
    const key = isKnown ? kind : one.status
    const before = this.#counted.get(key)
    // Who it was is lost then; that it was, and how often, is not.
    const added = isKnown ? one : { ...one, actor: NOBODY, command: UNKNOWN_COMMAND, code: 'too_many_kinds' }
    if (before === undefined) this.#counted.set(key, added)
    else {
      before.count += one.count
      before.firstAt = Math.min(before.firstAt, one.firstAt)
      before.lastAt = Math.max(before.lastAt, one.lastAt)
    }
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#isStopped) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.flush()
    }, this.#ports.intervalMs)
    this.#timer.unref()
  }

  async #store(): Promise<void> {
    const left = [...this.#counted.values()]
    this.#counted = new Map()
    const store = async (): Promise<void> => {
      for (let one = left.shift(); one !== undefined; one = left.shift())
        try {
          await this.#ports.sink.store(refusalEnvelope(one, this.#ports))
        } catch (error) {
          this.#ports.onFault?.(error)
          this.#add(one)
          this.#schedule()
        }
    }
    await Promise.all(Array.from({ length: ABREAST }, store))
  }
}
