import type { FastifyReply } from 'fastify'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import type { JobMessage } from '../../schemas/http/alias-import.ts'

export const NDJSON = 'application/x-ndjson'
/** A quarter of what a connection may be silent for (`nodeServer`). */
const BEAT_MS = 15_000

/**
 * Answers with what a job tells, a line each, as fast as the asker reads. A job goes on when its asker is gone, since
 * what is begun holds the index back until it ends; `done` is called in either case. While a job tells nothing, as when it reads a
 * long log, empty lines say that it is alive: a silent connection is taken for a dead one, here and by proxies.
 */
export function sendMessages(
  reply: FastifyReply,
  messages: AsyncIterable<JobMessage>,
  options: {
    readonly endsWithAsker: boolean
    readonly onError: (error: unknown) => void
    readonly done: () => Promise<void>
    /** How often an empty line is sent in silence, in milliseconds; 15 s unless told. */
    readonly beatMs?: number
  },
): FastifyReply {
  const stream = new PassThrough()
  const beat = setInterval(() => {
    if (!stream.destroyed && !stream.writableEnded && !stream.writableNeedDrain) stream.write('\n')
  }, options.beatMs ?? BEAT_MS)
  const gone = new AbortController()
  stream.once('close', () => gone.abort())
  void pump()
    .catch((error: unknown) => {
      options.onError(error)
      stream.destroy()
    })
    .finally(() => {
      clearInterval(beat)
      void options.done()
    })
  return reply.header('content-type', NDJSON).send(stream)

  async function pump(): Promise<void> {
    for await (const message of messages) {
      if (stream.destroyed) {
        if (options.endsWithAsker) return
      } else if (!stream.write(`${JSON.stringify(message)}\n`))
        await once(stream, 'drain', { signal: gone.signal }).catch(() => undefined)
    }
    stream.end()
  }
}
