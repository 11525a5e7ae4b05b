import type { Msg, NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node'
import {
  ackAnswer,
  deviceSubjects,
  fetchHeaders,
  MAX_FETCH_BYTES,
  WAKE,
  type AckAnswer,
  type FetchRequest,
  type SyncAck,
  type SyncRequest,
} from '../../schemas/device-sync/messages.ts'
import { type Central, CentralAway, type FetchedPiece, type News } from './central.ts'
import { NatsLink } from './nats-link.ts'

export interface NatsCentralOptions {
  readonly deviceId: string
  /** Servers and credentials; everything else is set here. */
  readonly nats: NodeConnectionOptions
  /** Told what goes wrong with the connection, which is then tried again. */
  readonly onTrouble: (error: unknown) => void
  /** Longest wait for one answer, in milliseconds. */
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 10_000
const LONGEST_PAUSE_MS = 15_000
const NO_PIECE = new Set(['superseded', 'not_named', 'gone', 'invalid'] as const)

/** Central over NATS, by the three request subjects of the device and its `wake`. */
export class NatsCentral implements Central {
  readonly #deviceId: string
  readonly #timeoutMs: number
  readonly #link: NatsLink
  readonly #listeners = new Set<(why: News) => void>()
  #followed: NatsConnection | undefined
  /** Another for each start of a server. */
  #serverId: string | undefined
  /** To connect again, since the connection was lost. */
  #attempts = 0

  constructor({ deviceId, nats, onTrouble, timeoutMs = TIMEOUT_MS }: NatsCentralOptions) {
    this.#deviceId = deviceId
    this.#timeoutMs = timeoutMs
    const options: NodeConnectionOptions = {
      ...nats,
      name: `pharos edge agent ${deviceId}`,
      inboxPrefix: deviceSubjects.inbox(deviceId),
      maxReconnectAttempts: -1,
      ignoreAuthErrorAbort: true,
      // A central that comes back has its whole fleet come back, and one whose credential was revoked tries for ever.
      reconnectDelayHandler: () => Math.min(LONGEST_PAUSE_MS, 500 * 2 ** this.#attempts++) * (0.5 + Math.random()),
      pingInterval: 20_000,
      timeout: 5000,
      noAsyncTraces: true,
    }
    this.#link = new NatsLink(options, (connection) => this.#cameUp(connection), onTrouble)
  }

  get isConnected(): boolean {
    return this.#link.current !== undefined
  }

  async sync(request: SyncRequest, signal: AbortSignal): Promise<unknown> {
    return unlessBusy(jsonOf(await this.#request(deviceSubjects.sync(this.#deviceId), request, signal)))
  }

  async fetch(request: FetchRequest, signal: AbortSignal): Promise<FetchedPiece> {
    const { headers, data } = await this.#request(deviceSubjects.fetch(this.#deviceId), request, signal)
    const status = headers?.get(fetchHeaders.status)
    if (status === 'busy') throw new CentralAway('central is busy')
    for (const none of NO_PIECE) if (status === none) return { status: none }
    const totalBytes = Number(headers?.get(fetchHeaders.totalBytes))
    const etag = headers?.get(fetchHeaders.etag) ?? ''
    const isWhole = Number.isSafeInteger(totalBytes) && totalBytes > 0 && etag !== '' && etag.length <= 256
    if (status !== 'ok' || !isWhole || data.length > MAX_FETCH_BYTES)
      throw new CentralAway(`central answered a fetch with neither a piece nor a reason (status "${status ?? ''}")`)
    return { status: 'ok', bytes: data, totalBytes, etag }
  }

  async ack(ack: SyncAck, signal: AbortSignal): Promise<AckAnswer> {
    const answer = ackAnswer.safeParse(
      unlessBusy(jsonOf(await this.#request(deviceSubjects.ack(this.#deviceId), ack, signal))),
    )
    if (!answer.success) throw new CentralAway('central answered an ack with something else')
    return answer.data
  }

  onNews(listener: (why: News) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): Promise<void> {
    return this.#link.close()
  }

  async #request(subject: string, body: object, signal: AbortSignal): Promise<Msg> {
    signal.throwIfAborted()
    const connection = this.#link.current
    if (connection === undefined) throw new CentralAway('there is no connection to central')
    const { promise: ended, reject } = Promise.withResolvers<never>()
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    try {
      const answer = connection.request(subject, JSON.stringify(body), { timeout: this.#timeoutMs })
      answer.catch(() => undefined)
      return await Promise.race([answer, ended])
    } catch (cause) {
      signal.throwIfAborted()
      throw new CentralAway(`no answer on ${subject}: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      })
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  #cameUp(connection: NatsConnection): void {
    this.#attempts = 0
    // A subscription outlives reconnects, but not a connection that was made anew.
    if (this.#followed !== connection) {
      this.#followed = connection
      connection.subscribe(deviceSubjects.wake(this.#deviceId), {
        // Nothing may be thrown here: it would end the connection's reader.
        // Whatever else comes here, another device had it sent.
        callback: (error, message) => (error === null && isWake(message) ? this.#tell('wake') : undefined),
      })
    }
    const before = this.#serverId
    this.#serverId = connection.info?.server_id
    this.#tell(before === undefined || before === this.#serverId ? 'connected' : 'taken-in')
  }

  #tell(why: News): void {
    for (const listener of this.#listeners) listener(why)
  }
}

/** Central that has no time now is as good as away: what was asked is asked again later. */
function unlessBusy(answer: unknown): unknown {
  if (typeof answer === 'object' && answer !== null && 'code' in answer && answer.code === 'busy')
    throw new CentralAway('central is busy')
  return answer
}

function isWake({ data }: Msg): boolean {
  return data.length === WAKE.length && Buffer.from(data).toString() === WAKE
}

function jsonOf(message: Msg): unknown {
  try {
    return message.json()
  } catch (cause) {
    throw new CentralAway(`the answer on ${message.subject} is no JSON`, { cause })
  }
}
