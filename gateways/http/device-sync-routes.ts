import { Readable } from 'node:stream'
import { createGzip, createZstdCompress } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { DeviceId } from '../../schemas/device-sync/manifest.ts'
import { ackAnswer } from '../../schemas/device-sync/messages.ts'
import { deviceAckBody, deviceSyncAnswer, deviceSyncBody } from '../../schemas/http/device-sync.ts'
import { answerAck } from '../devices/answer-ack.ts'
import { answerSync } from '../devices/answer-sync.ts'
import { HandedManifests } from '../devices/handed-manifests.ts'
import { jsonDocument, ndjsonDocument } from '../devices/sync-document.ts'
import { TokenBuckets } from '../devices/token-buckets.ts'
import { InFlight } from '../nats/in-flight.ts'
import { provenDevice } from './proven-device.ts'
import type { HttpDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { answers } from './problem-answers.ts'
import { sendProblem } from './problems.ts'
import { NDJSON } from './send-messages.ts'

const tags = ['device sync']
/** A whole database at a time: of each device, and of all at this process. */
const ALLOWANCES = { request: { burst: 10, perSecond: 0.2 }, ack: { burst: 10, perSecond: 0.5 } }
const AT_ONCE = 16

/** A device that is gone without a word must not keep its place, in milliseconds. */
const STALL_MS = 60_000

/** HTTP status of what a device is refused, by code. */
const STATUS: Readonly<Record<string, number>> = { unknown_device: 404, decommissioned: 403 }
const CONFLICT = 409

/** For devices that do not speak NATS: all that they must be in one answer, and what became of it. */
export function deviceSyncRoutes(app: HttpServer, { devices, logger }: HttpDependencies): void {
  if (devices === undefined) return
  const { ports, payloads, book, stallMs = STALL_MS } = devices
  const handed = new HandedManifests(ports)
  const inFlight = new InFlight(AT_ONCE)
  /** Answers on their way, one to a device. */
  const underWay = new Map<DeviceId, Readable>()
  const requests = new TokenBuckets(ALLOWANCES.request, ports.now)
  const acks = new TokenBuckets(ALLOWANCES.ack, ports.now)

  app.post(
    '/api/device-sync/request',
    {
      schema: {
        tags,
        summary: 'What this device must be: manifest and rows',
        description:
          'One JSON document; with `Accept: application/x-ndjson` one line of manifest and signatures, then each table: a ' +
          'line of its name and number of rows, and the rows. Compressed as `Accept-Encoding` allows (zstd, gzip). An answer ' +
          'that breaks off is not whole. Only for a device, with its own API key.',
        body: deviceSyncBody,
        produces: ['application/json', NDJSON],
        response: answers({ 200: deviceSyncAnswer }, 400, 401, 403, 404, 409, 429, 503),
      },
    },
    async (request, reply) => {
      const { mac, manifestId, schemaVersion } = request.body
      const device = await provenDevice(request, reply, { book, ports, mac, command: 'device-sync.request' })
      if (device === undefined) return reply
      if (!requests.take(device.deviceId)) return busy(reply, 429, 'this device asks too often')
      if (!inFlight.enter()) return busy(reply, 503, 'there is no room for it now')
      const leave = once(() => inFlight.leave())
      try {
        const { answer, freshness } = await answerSync(ports, device, {
          manifestId,
          schemaVersion,
          ...traceOf(request),
        })
        if (answer.status === 'refused') {
          leave()
          const { code, message: detail } = answer
          return sendProblem(reply, { status: STATUS[code] ?? CONFLICT, code, detail })
        }
        const expiresAt = freshness?.expiresAt ?? ''
        if (answer.status === 'unchanged') {
          leave()
          return reply.send({ ...answer, expiresAt })
        }
        handed.note(device, answer.manifest)
        const { status: _, ...document } = { ...answer, expiresAt }
        const isLines = request.headers.accept?.includes(NDJSON) === true
        reply.header('content-type', isLines ? NDJSON : 'application/json; charset=utf-8')
        const pieces = isLines ? ndjsonDocument(document, payloads) : jsonDocument(document, payloads)
        const source = Readable.from(pieces, { objectMode: false })
        source.once('error', (error) =>
          logger.error({ err: error, device: device.deviceId }, 'the rows of a device could not be sent whole'),
        )
        // Whoever asks again has lost the answer before.
        underWay.get(device.deviceId)?.destroy(new Error('the device has asked again'))
        underWay.set(device.deviceId, source)
        source.once('close', () => {
          if (underWay.get(device.deviceId) === source) underWay.delete(device.deviceId)
          leave()
        })
        reply.raw.setTimeout(stallMs, () => source.destroy(new Error('the device takes nothing any more')))
        // A stream of what the schema describes.
        return await (reply as FastifyReply).send(compressed(source, request, reply))
      } catch (error) {
        leave()
        throw error
      }
    },
  )

  app.post(
    '/api/device-sync/ack',
    {
      schema: {
        tags,
        summary: 'What became of a manifest on this device',
        description:
          'The same again is answered the same. Only for a device, with its own API key, of its own manifests.',
        body: deviceAckBody,
        response: answers(
          { 200: z.object({ status: ackAnswer.options[0].shape.status }) },
          ...([400, 401, 403, 429, 503] as const),
        ),
      },
    },
    async (request, reply) => {
      const { body } = request
      const device = await provenDevice(request, reply, { book, ports, mac: body.mac, command: 'device-sync.ack' })
      if (device === undefined) return reply
      if (!acks.take(device.deviceId)) return busy(reply, 429, 'this device asks too often')
      const answer = await answerAck(ports, handed, device, { ...body, ...traceOf(request) })
      if (answer.status === 'refused')
        return sendProblem(reply, { status: 403, code: answer.code, detail: answer.message })
      return reply.send(answer)
    },
  )
}

function busy(reply: FastifyReply, status: 429 | 503, detail: string): FastifyReply {
  return sendProblem(reply.header('retry-after', 10), { status, code: 'busy', detail })
}

function traceOf({ headers }: FastifyRequest): { readonly traceparent?: string } {
  const header = headers['traceparent']
  return typeof header === 'string' ? { traceparent: header } : {}
}

function compressed(source: Readable, request: FastifyRequest, reply: FastifyReply): Readable {
  reply.header('vary', 'accept, accept-encoding')
  const accepted = request.headers['accept-encoding'] ?? ''
  const [encoding, transform] = /\bzstd\b/.test(accepted)
    ? (['zstd', createZstdCompress()] as const)
    : /\bgzip\b/.test(accepted)
      ? (['gzip', createGzip({ level: 4 })] as const)
      : ([undefined, undefined] as const)
  if (encoding === undefined) return source
  reply.header('content-encoding', encoding)
  // Whichever breaks off takes the other with it.
  source.once('error', (error) => transform.destroy(error))
  transform.once('close', () => source.destroy())
  return source.pipe(transform)
}

function once(work: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    work()
  }
}
