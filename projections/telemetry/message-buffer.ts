import { setImmediate as turn } from 'node:timers/promises'
import type { TelemetryMessage } from './telemetry-log.ts'

/** After so many messages, others get their turn. */
const TURN = 500

/** Reads the stream on while what came before is being written, up to a bound in messages and bytes: then it waits. */
export class MessageBuffer {
  readonly #limit: { readonly messages: number; readonly bytes: number }
  readonly #stop = new AbortController()
  readonly #reading: Promise<void>
  #messages: TelemetryMessage[] = []
  #bytes = 0
  #error: { readonly cause: unknown } | undefined
  #ended = false
  #arrived = Promise.withResolvers<void>()
  #room = Promise.withResolvers<void>()

  /** `read` must end when its signal aborts. */
  constructor(
    read: (signal: AbortSignal) => AsyncIterable<TelemetryMessage>,
    limit: { readonly messages: number; readonly bytes: number },
    signal: AbortSignal,
  ) {
    this.#limit = limit
    this.#reading = this.#pump(read(AbortSignal.any([signal, this.#stop.signal])))
  }

  /** All that is there; empty when nothing came within `timeoutMs`. @throws what reading threw, after all before it was taken. */
  async take(timeoutMs: number): Promise<readonly TelemetryMessage[]> {
    if (this.#messages.length === 0 && !this.#ended) await this.#arrival(timeoutMs)
    if (this.#messages.length === 0 && this.#error !== undefined)
      throw new Error('the stream cannot be read', { cause: this.#error.cause })
    if (this.#messages.length === 0 && this.#ended) throw new Error('the stream ended')
    const taken = this.#messages
    this.#messages = []
    this.#bytes = 0
    if (!this.#ended) this.#arrived = Promise.withResolvers()
    this.#room.resolve()
    this.#room = Promise.withResolvers()
    return taken
  }

  async close(): Promise<void> {
    this.#stop.abort()
    this.#messages = []
    this.#room.resolve()
    await this.#reading
  }

  async #pump(source: AsyncIterable<TelemetryMessage>): Promise<void> {
    let read = 0
    try {
      for await (const message of source) {
        if (this.#stop.signal.aborted) break
        this.#messages.push(message)
        this.#bytes += message.data.length
        this.#arrived.resolve()
        if (this.#messages.length >= this.#limit.messages || this.#bytes >= this.#limit.bytes) await this.#room.promise
        if (++read % TURN === 0) await turn()
      }
    } catch (error) {
      this.#error = { cause: error }
    }
    this.#ended = true
    this.#arrived.resolve()
  }

  async #arrival(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, timeoutMs)
    await Promise.race([this.#arrived.promise, promise])
    clearTimeout(timer)
  }
}
