import { type ServiceMsg, Svcm } from '@nats-io/services'
import { headers as newHeaders, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'
import type { z } from 'zod'
import { fetchHeaders, fetchRequest, syncAck, syncRequest } from '../../schemas/device-sync/messages.ts'
import { InFlight } from '../nats/in-flight.ts'
import { parseJson } from '../parse-json.ts'
import { withinTime } from '../within-time.ts'
import { answerAck } from './answer-ack.ts'
import { answerSync } from './answer-sync.ts'
import { type AskingDevice, askingDevice } from './asking-device.ts'
import type { CredentialBook } from './credential-book.ts'
import type { DevicePorts, PayloadSource, ProvenDevice } from './device-ports.ts'
import { HandedManifests } from './handed-manifests.ts'
import { type FetchAnswer, PayloadFetches } from './payload-fetches.ts'
import { type Allowance, TokenBuckets } from './token-buckets.ts'

export type DeviceVerb = 'sync' | 'fetch' | 'ack'

export interface DeviceServiceOptions extends DevicePorts {
  readonly connection: NatsConnection
  /** Public key of the account that devices are in. */
  readonly devicesAccount: string
  readonly book: Pick<CredentialBook, 'of' | 'soon'>
  readonly payloads: PayloadSource
  readonly logger: Logger
  readonly version: string
  /** Told of every answer, by what became of it. */
  readonly onAnswer?: (verb: DeviceVerb, status: string, seconds: number) => void
  readonly allowances?: Partial<Readonly<Record<DeviceVerb, Allowance>>>
}

/** A gateway that answers devices until it is stopped. */
export interface DeviceService {
  /** Takes no more requests, and waits until those it has are answered, at most 10 s. */
  stop(): Promise<void>
}

/** Of each device, at this process. A sync every few minutes is the rule; a load fetches some hundred pieces. */
const ALLOWANCES: Readonly<Record<DeviceVerb, Allowance>> = {
  sync: { burst: 10, perSecond: 0.5 },
  fetch: { burst: 400, perSecond: 200 },
  ack: { burst: 10, perSecond: 0.5 },
}
/** Requests worked on at once; a fetch holds up to 512 KiB until it is sent. */
const AT_ONCE: Readonly<Record<DeviceVerb, number>> = { sync: 256, fetch: 64, ack: 256 }
const DRAIN_MS = 10_000
const NAME = 'pharos-devices'

type Proven = Extract<AskingDevice, { status: 'proven' }>

interface Answer {
  readonly status: string
  readonly body: Uint8Array
  readonly headers?: MsgHdrs
}

/**
 * Answers devices on `device.<id>.sync|fetch|ack`, in a queue group of all its processes. Whoever asks must be the
 * device in the subject, by the server's word. Nothing thrown here reaches the client library, whose reader it would kill.
 */
export async function startDeviceService(options: DeviceServiceOptions): Promise<DeviceService> {
  const { connection, logger, book, now } = options
  const handed = new HandedManifests(options)
  const fetches = new PayloadFetches(options, options.payloads)
  const service = await new Svcm(connection).add({
    name: NAME,
    version: options.version,
    description: 'Device sync of Pharos: device.<id>.sync|fetch|ack',
    queue: NAME,
  })

  const verbs = {
    sync: verb('sync', syncRequest, async (device, request) => {
      const { answer } = await answerSync(options, device, request)
      if (answer.status === 'manifest') handed.note(device, answer.manifest)
      return json(answer)
    }),
    ack: verb('ack', syncAck, async (device, request) => json(await answerAck(options, handed, device, request))),
    fetch: verb('fetch', fetchRequest, async (device, request) => piece(await fetches.answer(device, request))),
  }
  for (const [name, answer] of Object.entries(verbs))
    service.addEndpoint(name, {
      subject: `device.*.${name}`,
      handler: (error, message) => (error === null ? answer.arrive(message) : undefined),
    })
  return {
    async stop() {
      await withinTime(
        service.stop().then(() => Promise.all(Object.values(verbs).map(({ inFlight }) => inFlight.drained()))),
        DRAIN_MS,
      )
    },
  }

  function verb<Shape extends z.ZodType>(
    name: DeviceVerb,
    shape: Shape,
    answer: (device: ProvenDevice, request: z.infer<Shape>) => Promise<Answer>,
  ) {
    const inFlight = new InFlight(AT_ONCE[name])
    const buckets = new TokenBuckets(options.allowances?.[name] ?? ALLOWANCES[name], now)
    return { inFlight, arrive }

    function arrive(message: ServiceMsg): void {
      const started = performance.now()
      const answered = (one: Answer): void => {
        respond(message, one)
        options.onAnswer?.(name, one.status, (performance.now() - started) / 1000)
      }
      const asking = askingDevice(message.subject, message.headers, options.devicesAccount)
      // Nothing is said to an impostor: not even that somebody listens.
      if (asking.status === 'impostor') return impostor(name, message, asking.name)
      if (!buckets.take(asking.deviceId)) return answered(refusal(name, 'busy', 'this device asks too often'))
      if (!inFlight.enter()) return answered(refusal(name, 'busy', 'there is no room for it now'))
      void worked(asking, message)
        .catch((error: unknown) => {
          logger.error({ err: error, device: asking.deviceId, verb: name }, 'a device could not be answered')
          return refusal(name, 'busy', 'central cannot answer now')
        })
        .then(answered)
        // What is on its way to the server counts as held.
        .then(() => connection.flush())
        .catch(() => undefined)
        .finally(() => inFlight.leave())
    }

    async function worked({ deviceId, publicKey }: Proven, message: ServiceMsg): Promise<Answer> {
      // A server that was away may not know yet what was revoked, or replaced: the log does.
      const known = await book.soon(() => {
        const credential = book.of(deviceId)
        return credential?.status === 'active' && credential.publicKey === publicKey ? credential : undefined
      })
      if (known === undefined)
        return book.of(deviceId) === undefined
          ? refusal(name, 'unknown_device', 'there is no such device')
          : refusal(name, 'decommissioned', 'the credential of this device was revoked')
      const request = shape.safeParse(parse(message))
      if (!request.success) {
        const [issue] = request.error.issues
        return refusal(name, 'invalid', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'must be JSON'}`)
      }
      return answer({ deviceId, mac: known.mac, via: 'nats' }, request.data)
    }
  }

  function impostor(name: DeviceVerb, { subject }: ServiceMsg, who: string | undefined): void {
    options.onRefused({
      command: `device-sync.${name}`,
      actor: who === undefined ? 'unauthenticated' : `device:${who.slice(0, 64)}`,
      status: 'forbidden',
      code: 'impostor',
      message: `a request on ${subject.slice(0, 200)} that is not of this device`,
    })
  }

  function respond(message: ServiceMsg, { body, headers }: Answer): void {
    try {
      message.respond(body, headers === undefined ? {} : { headers })
    } catch (error) {
      // The connection is closing: the device asks again.
      logger.warn({ err: error, subject: message.subject }, 'an answer could not be sent')
    }
  }
}

function json(answer: { readonly status: string }): Answer {
  return { status: answer.status, body: Buffer.from(JSON.stringify(answer)) }
}

function piece(answer: FetchAnswer): Answer {
  const headers = newHeaders()
  headers.set(fetchHeaders.status, answer.status)
  if (answer.status === 'ok') {
    headers.set(fetchHeaders.totalBytes, String(answer.totalBytes))
    headers.set(fetchHeaders.etag, answer.etag)
  }
  return { status: answer.status, headers, body: answer.status === 'ok' ? answer.bytes : new Uint8Array() }
}

/** The same "no" in each verb's own form; a fetch knows fewer reasons. */
function refusal(verb: DeviceVerb, code: string, message: string): Answer {
  if (verb !== 'fetch') return { ...json({ status: 'refused', code, message } as { status: string }), status: code }
  const headers = newHeaders()
  const known = code === 'busy' || code === 'invalid' ? code : 'superseded'
  headers.set(fetchHeaders.status, known)
  return { status: known, headers, body: new Uint8Array() }
}

function parse(message: ServiceMsg): unknown {
  try {
    return parseJson(message.string())
  } catch {
    return undefined
  }
}
