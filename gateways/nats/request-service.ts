import type { NatsConnection } from '@nats-io/transport-node'
import { type ServiceMsg, Svcm } from '@nats-io/services'
import type { Logger } from 'pino'
import type { Actor } from '../../schemas/actor.ts'
import type { Authenticator } from '../authentication/authenticator.ts'
import { MUST_BE_JSON, parseJson } from '../parse-json.ts'
import { withinTime } from '../within-time.ts'
import { InFlight } from './in-flight.ts'

/** An authenticated request: its type from the subject, its body parsed, its headers for whoever needs more. */
export interface GatewayRequest {
  readonly type: string
  readonly body: unknown
  readonly actor: Actor
  readonly header: (name: string) => string | undefined
}

export interface RequestServiceOptions {
  readonly connection: NatsConnection
  readonly authenticator: Pick<Authenticator, 'remembered' | 'authenticate'>
  readonly logger: Logger
  /** Name in `$SRV` discovery, and of the queue group that shares the work. */
  readonly name: string
  readonly description: string
  readonly version: string
  /** First token of the subjects: `cmd` or `query`. */
  readonly prefix: string
  /** What is answered here, for discovery. */
  readonly types: readonly string[]
  readonly maxInFlight: number
  /** Told of every request that is turned away since there is no room for it. */
  readonly onOverload?: (service: string) => void
  /** Told of every request without a valid credential. Must not throw. */
  readonly onUnauthorized?: (type: string, message: string) => void
  readonly answer: (request: GatewayRequest) => Promise<object>
  /** An answer that is too large for a message, said in short. */
  readonly inShort: (answer: object) => object
}

/** A service that answers on NATS until it is stopped. */
export interface RequestService {
  /** Takes no more requests, and waits until those it has are answered, at most 10 s. */
  stop(): Promise<void>
}

const DRAIN_MS = 10_000
/** Of a NATS server that is not told otherwise. */
const DEFAULT_MAX_PAYLOAD = 1024 * 1024
/** Room for what the service framework adds. */
const HEADER_BYTES = 512
/** Of one UTF-16 unit in UTF-8. */
const MOST_BYTES = 3

/**
 * Answers requests on `<prefix>.<context>.<verb>`, in a queue group of all its processes. One wildcard endpoint serves all
 * types: so a type that does not exist is answered too, and at once, where no responders would have senders try again.
 * Every request is answered with JSON, whatever happens: nothing thrown here may reach the client library, whose reader
 * it would kill.
 */
export async function startRequestService(options: RequestServiceOptions): Promise<RequestService> {
  const { connection, authenticator, logger, name, prefix, maxInFlight } = options
  const inFlight = new InFlight(maxInFlight)
  const service = await new Svcm(connection).add({
    name,
    version: options.version,
    description: options.description,
    queue: name,
    metadata: { types: options.types.join(' ') },
  })
  service.addEndpoint(prefix, {
    subject: `${prefix}.*.*`,
    handler: (error, message) => (error === null ? arrive(message) : undefined),
  })
  return {
    async stop() {
      await withinTime(
        service.stop().then(() => inFlight.drained()),
        DRAIN_MS,
      )
    },
  }

  function arrive(message: ServiceMsg): void {
    if (!inFlight.enter()) {
      options.onOverload?.(name)
      return respond(message, encoded(overloaded))
    }
    void serve(message)
  }

  async function serve(message: ServiceMsg): Promise<void> {
    try {
      respond(message, encoded(await answered(message)))
    } catch (error) {
      logger.error({ err: error, subject: message.subject }, 'a request failed')
      respond(message, encoded(failed))
    } finally {
      inFlight.leave()
    }
  }

  /** An answer, or the promise of one: each promise in between would cost every request a turn. */
  function answered(message: ServiceMsg): object | Promise<object> {
    const header = headersOf(message)
    const authorization = header('Authorization')
    const apiKey = header('Pharos-Api-Key')
    const actor = authenticator.remembered(authorization, apiKey)
    if (actor !== undefined) return answeredTo(actor, message, header)
    return authenticator.authenticate(authorization, apiKey).then((authentication) => {
      if (authentication.status === 'ok') return answeredTo(authentication.actor, message, header)
      if (authentication.status === 'unauthorized') options.onUnauthorized?.(typeOf(message), authentication.message)
      return authentication
    })
  }

  function answeredTo(actor: Actor, message: ServiceMsg, header: GatewayRequest['header']): object | Promise<object> {
    const body = parse(message)
    return body === undefined ? notJson : options.answer({ type: typeOf(message), body, actor, header })
  }

  function typeOf({ subject }: ServiceMsg): string {
    return subject.slice(prefix.length + 1)
  }

  function encoded(result: object): string {
    const text = JSON.stringify(result)
    const most = (connection.info?.max_payload ?? DEFAULT_MAX_PAYLOAD) - HEADER_BYTES
    const isTooLarge = text.length * MOST_BYTES > most && Buffer.byteLength(text) > most
    return isTooLarge ? JSON.stringify(options.inShort(result)) : text
  }

  function respond(message: ServiceMsg, text: string): void {
    try {
      // A text would be encoded by the client library, measured ten times as slow.
      message.respond(Buffer.from(text))
    } catch (error) {
      // The connection is closing: the sender's retry, with the same command id, finds out what became of it.
      logger.warn({ err: error, subject: message.subject }, 'an answer could not be sent')
    }
  }
}

/** The client's own look-up makes a list of all keys, and filters it. */
function headersOf({ headers }: ServiceMsg): GatewayRequest['header'] {
  return (name) => {
    for (const [key, [first]] of headers ?? []) if (key === name) return first || undefined
    return undefined
  }
}

function parse(message: ServiceMsg): unknown {
  try {
    return parseJson(message.string())
  } catch {
    return undefined
  }
}

const notJson = {
  status: 'rejected',
  code: 'invalid_json',
  message: `the body ${MUST_BE_JSON}`,
  violations: [{ field: 'body', message: MUST_BE_JSON }],
}
const overloaded = { status: 'unavailable', message: 'this process has all the requests it can take; send it again' }
const failed = {
  status: 'unavailable',
  message: 'something failed here; it is logged, and sending the request again is safe',
}
