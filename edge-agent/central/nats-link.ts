import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node'
import { Backoff } from '../backoff.ts'

const DRAIN_MS = 3000

/** A connection that need not be there yet: a device starts without its network, and tries until there is one. */
export class NatsLink {
  readonly #closing = new AbortController()
  readonly #onUp: (connection: NatsConnection) => void
  readonly #onTrouble: (error: unknown) => void
  readonly #working: Promise<void>
  #connection: NatsConnection | undefined
  #up = false

  /** @param onUp told whenever the connection is there (again). */
  constructor(
    options: NodeConnectionOptions,
    onUp: (connection: NatsConnection) => void,
    onTrouble: (error: unknown) => void,
  ) {
    this.#onUp = onUp
    this.#onTrouble = onTrouble
    this.#working = this.#keep(options)
  }

  /** The connection, if it is up. */
  get current(): NatsConnection | undefined {
    return this.#up ? this.#connection : undefined
  }

  async close(): Promise<void> {
    this.#closing.abort()
    const connection = this.#connection
    if (connection !== undefined && this.#up) {
      const { promise: late, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, DRAIN_MS)
      await Promise.race([connection.drain().catch(() => undefined), late])
      clearTimeout(timer)
    }
    await connection?.close()
    await this.#working
  }

  /** A connection that ends for good (a revoked credential, say) is tried anew: it may have been renewed meanwhile. */
  async #keep(options: NodeConnectionOptions): Promise<void> {
    const { signal } = this.#closing
    const backoff = new Backoff(250, 15_000)
    while (!signal.aborted) {
      try {
        const connection = await connect(options)
        if (signal.aborted) return await connection.close()
        backoff.reset()
        this.#connection = connection
        this.#cameUp(connection)
        await this.#follow(connection)
      } catch (error) {
        this.#onTrouble(error)
      }
      this.#up = false
      await backoff.wait(signal)
    }
  }

  async #follow(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'reconnect') this.#cameUp(connection)
      else if (status.type === 'disconnect' || status.type === 'close') this.#up = false
      else if (status.type === 'error') this.#onTrouble(status.error)
    }
  }

  #cameUp(connection: NatsConnection): void {
    this.#up = true
    this.#onUp(connection)
  }
}
