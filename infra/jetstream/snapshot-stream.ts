import type { StreamConfig, StreamState } from '@nats-io/jetstream'
import { createInbox, type NatsConnection } from '@nats-io/transport-node'
import { z } from 'zod'

/** What a stream was when its snapshot was taken. The bytes are the server's own form: sequences and times are kept. */
export interface StreamSnapshot {
  readonly config: StreamConfig
  readonly state: StreamState
  /** To be read to its end, once. What is not read is not sent: memory stays bounded. */
  readonly chunks: AsyncIterable<Uint8Array>
}

const reply = z.object({
  config: z.custom<StreamConfig>((value) => typeof value === 'object' && value !== null).optional(),
  state: z.custom<StreamState>((value) => typeof value === 'object' && value !== null).optional(),
  error: z.object({ description: z.string() }).optional(),
})

const CHUNK_BYTES = 128 * 1024
/** The server may have to write a large stream's last block first. */
const BEGIN_MS = 60_000
const SILENCE_MS = 30_000
/** The last message has no data; its status is 204, or none for a small stream, or says why there is no more. */
const FAILED = 400

/**
 * Takes a snapshot of a stream as of one moment, with the server's own API: without consumers, which their owners make anew.
 * @throws Error when there is no such stream, the server gives up, or nothing comes for 30 s.
 * @see https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-1.md
 */
export async function snapshotStream(
  connection: NatsConnection,
  stream: string,
  signal: AbortSignal,
): Promise<StreamSnapshot> {
  const deliver_subject = createInbox()
  const received = connection.subscribe(deliver_subject)
  try {
    const request = JSON.stringify({ deliver_subject, no_consumers: true, chunk_size: CHUNK_BYTES })
    const message = await connection.request(`$JS.API.STREAM.SNAPSHOT.${stream}`, request, { timeout: BEGIN_MS })
    const { config, state, error } = reply.parse(message.json())
    if (config === undefined || state === undefined)
      throw new Error(`stream ${stream} gives no snapshot: ${error?.description ?? 'no reason given'}`)
    return { config, state, chunks: chunks() }
  } catch (error) {
    received.unsubscribe()
    throw error
  }

  async function* chunks(): AsyncGenerator<Uint8Array> {
    const silence = new Error(`the snapshot of ${stream} has stopped coming`)
    let timer = setTimeout(() => received.unsubscribe(), SILENCE_MS)
    const stop = (): void => received.unsubscribe()
    signal.addEventListener('abort', stop)
    try {
      for await (const message of received) {
        clearTimeout(timer)
        signal.throwIfAborted()
        if (message.data.length === 0) {
          const { code = 0, description = '' } = message.headers ?? {}
          if (code >= FAILED) throw new Error(`the snapshot of ${stream} was broken off: ${code} ${description}`)
          return
        }
        yield message.data
        // The server sends on by what was acknowledged: only what was taken is.
        message.respond()
        timer = setTimeout(() => received.unsubscribe(), SILENCE_MS)
      }
      signal.throwIfAborted()
      throw silence
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      received.unsubscribe()
    }
  }
}
