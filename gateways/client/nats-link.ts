import {
  ClosedConnectionError,
  connect,
  type NatsConnection,
  type NodeConnectionOptions,
} from '@nats-io/transport-node'
import { Backoff } from '../../projections/backoff.ts'
import { inTime } from './in-time.ts'

/** Longest that answers to what was sent are waited for. */
const DRAIN_MS = 5000

export interface NatsLinkOptions extends NodeConnectionOptions {
  /** Go on without a server, and connect when there is one; without, the first attempt fails if there is none. */
  readonly patient: boolean
  /** Told why a later attempt failed. */
  readonly onFailedAttempt?: (error: unknown) => void
}

/**
 * A connection to NATS that may not be there yet. Once it was there it comes back by itself for ever; `listeners` hear of
 * each time it comes and goes.
 */
export class NatsLink {
  readonly #closing = new AbortController()
  readonly #first = Promise.withResolvers<NatsConnection>()
  readonly #listeners = new Set<(up: boolean) => void>()
  #connection: NatsConnection | undefined
  #up = false

  private constructor() {
    this.#first.promise.catch(() => undefined)
  }

  /** @throws what the attempt to connect throws, unless `patient`. */
  static async open({ patient, onFailedAttempt, ...options }: NatsLinkOptions): Promise<NatsLink> {
    const link = new NatsLink()
    try {
      link.#take(await connect(options))
    } catch (error) {
      if (!patient) throw error
      onFailedAttempt?.(error)
      void link.#connectLater(options, onFailedAttempt)
    }
    return link
  }

  get isUp(): boolean {
    return this.#up
  }

  /** The connection if there is one, up or not. */
  get current(): NatsConnection | undefined {
    return this.#connection
  }

  /** The connection, as soon as there is one. @throws ClosedConnectionError when the link is closed before. */
  connection(): Promise<NatsConnection> {
    return this.#first.promise
  }

  /** Told `true` whenever the connection is there (again), `false` when it is lost. @returns what ends that. */
  onChange(listener: (up: boolean) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Lets what was sent be answered, then closes. While NATS is away nothing can be: closes at once. */
  async close(): Promise<void> {
    const closed = new ClosedConnectionError()
    this.#closing.abort(closed)
    this.#first.reject(closed)
    const connection = this.#connection
    // Without a server a drain would wait for one for ever.
    if (connection !== undefined && this.#up) await inTime(connection.drain(), DRAIN_MS).catch(() => undefined)
    await connection?.close()
  }

  async #connectLater(options: NodeConnectionOptions, onFailedAttempt?: (error: unknown) => void): Promise<void> {
    const backoff = new Backoff(100, 2000)
    const { signal } = this.#closing
    while (!signal.aborted) {
      await backoff.wait(signal)
      if (signal.aborted) return
      try {
        const connection = await connect(options)
        if (signal.aborted) await connection.close()
        else this.#take(connection)
        return
      } catch (error) {
        onFailedAttempt?.(error)
      }
    }
  }

  #take(connection: NatsConnection): void {
    this.#connection = connection
    this.#first.resolve(connection)
    this.#tell(true)
    void this.#follow(connection)
  }

  async #follow(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === 'reconnect') this.#tell(true)
      else if (type === 'disconnect' || type === 'close') this.#tell(false)
    }
    this.#tell(false)
  }

  #tell(up: boolean): void {
    if (up === this.#up && !up) return
    this.#up = up
    for (const listener of this.#listeners) listener(up)
  }
}
