import type { FastifyReply } from 'fastify'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import type { JobMessage } from '../../schemas/http/alias-import.ts'

export const NDJSON = 'application/x-ndjson'

/**
 * Answers with what a job tells, a line each, as fast as the asker reads. A job goes on when its asker is gone, since
 * what is begun holds the index back until it ends; `done` is called in either case.
 */
export function sendMessages(
  reply: FastifyReply,
  messages: AsyncIterable<JobMessage>,
  options: {
    readonly endsWithAsker: boolean
    readonly onError: (error: unknown) => void
    readonly done: () => Promise<void>
  },
): FastifyReply {
  const stream = new PassThrough()
  const gone = new AbortController()
  stream.once('close', () => gone.abort())
  void pump()
    .catch((error: unknown) => {
      options.onError(error)
      stream.destroy()
    })
    .finally(() => void options.done())
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
