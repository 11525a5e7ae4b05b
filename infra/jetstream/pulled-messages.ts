import { createInbox, type Msg, nanos, type NatsConnection, type Subscription } from '@nats-io/transport-node'
import { EventStoreUnavailable } from '../../commands/event-store.ts'
import type { LogMessage } from '../../schemas/log-message.ts'

/** The server answers a request for which nothing comes after so long; who has heard nothing a little later is alone. */
const EXPIRES_MS = 3_000
const GRACE_MS = 3_000
/** Statuses of a request that ends with less than it asked for. */
const ENDS = new Set([404, 408])

/** What came of one request, and how many more the consumer had when the last of them was sent. */
export interface Pulled {
  readonly messages: readonly LogMessage[]
  readonly pending: number
}

/**
 * Messages of a consumer without acknowledgements, exactly as many as are asked for. Between two requests the server sends
 * nothing, however much is stored: the client's own iterators leave a request open, and each message that is stored
 * wakes both sides.
 */
export class PulledMessages {
  readonly #connection: NatsConnection
  readonly #subject: string
  readonly #inbox = createInbox()
  readonly #subscription: Subscription
  #delivered = 0
  #request: { readonly messages: LogMessage[]; pending: number; readonly asked: number } | undefined
  #answer = Promise.withResolvers<Pulled>()
  #failure: Error | undefined

  /** @param subject where the consumer is asked for more: `<prefix>.CONSUMER.MSG.NEXT.<stream>.<consumer>`. */
  constructor(connection: NatsConnection, subject: string) {
    this.#connection = connection
    this.#subject = subject
    this.#subscription = connection.subscribe(this.#inbox, {
      callback: (error, message) => {
        try {
          if (error !== null) throw error
          this.#take(message)
        } catch (cause) {
          this.stop(new EventStoreUnavailable('the log cannot be read on', { cause }))
        }
      },
    })
  }

  /**
   * The next `count` messages, or those that have come after 3 s. One request at a time.
   * @throws EventStoreUnavailable when the consumer does not answer, is gone, or has left out a message; what it was stopped with.
   */
  async pull(count: number): Promise<Pulled> {
    if (this.#failure !== undefined) throw this.#failure
    const answer = Promise.withResolvers<Pulled>()
    this.#answer = answer
    this.#request = { messages: [], pending: 0, asked: count }
    const late = setTimeout(
      () => this.stop(new EventStoreUnavailable('the consumer does not answer')),
      EXPIRES_MS + GRACE_MS,
    )
    try {
      const asked = JSON.stringify({ batch: count, expires: nanos(EXPIRES_MS) })
      this.#connection.publish(this.#subject, asked, { reply: this.#inbox })
      return await answer.promise
    } finally {
      clearTimeout(late)
      this.#request = undefined
    }
  }

  /** Nothing more comes: whoever waits, or asks again, gets the error. */
  stop(error: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#subscription.unsubscribe()
    if (this.#request !== undefined) this.#answer.reject(error)
  }

  #take(message: Msg): void {
    const request = this.#request
    const { subject } = message
    if (subject === this.#inbox) return this.#heed(message)
    if (request === undefined) throw new Error(`${subject} came unasked`)
    const { sequence, delivery, pending } = placeOf(message)
    if (delivery !== ++this.#delivered) throw new Error(`delivery ${delivery} came as number ${this.#delivered}`)
    request.messages.push({ sequence, subject, data: message.data })
    request.pending = pending
    if (request.messages.length === request.asked) this.#answer.resolve(request)
  }

  #heed({ headers }: Msg): void {
    const code = headers?.code ?? 0
    // The answer to a request that was given up is nobody's business.
    if (!ENDS.has(code)) throw new Error(`the consumer says ${code} ${headers?.description}`)
    if (this.#request !== undefined) this.#answer.resolve(this.#request)
  }
}

/** What a message's reply subject says: `$JS.ACK.<stream>.<consumer>.<times>.<sequence>.<delivery>.<time>.<pending>`. */
function placeOf({ reply = '' }: Msg): { sequence: number; delivery: number; pending: number } {
  const tokens = reply.split('.')
  // Servers may put domain and account before the stream, and more behind.
  const at = tokens.length > 9 ? 7 : 5
  const place = { sequence: Number(tokens[at]), delivery: Number(tokens[at + 1]), pending: Number(tokens[at + 3]) }
  if (!Number.isSafeInteger(place.sequence + place.delivery + place.pending))
    throw new Error(`${reply} is no place in a stream`)
  return place
}
