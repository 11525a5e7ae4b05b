import type { StreamConfig, StreamInfo, StreamState } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { z } from 'zod'

const failure = z.object({ error: z.object({ description: z.string() }) })
const begun = z.object({ deliver_subject: z.string() })
const created = z.object({
  state: z.custom<StreamState>((value) => typeof value === 'object' && value !== null),
})

const BEGIN_MS = 10_000
const CHUNK_MS = 60_000
/** The server reads the whole stream before it answers. */
const END_MS = 600_000
/** Chunks on their way at once. */
const IN_FLIGHT = 8

/**
 * Makes a stream of a snapshot: with its messages, their sequences and times, under `config`, whose name must be the
 * snapshot's. All or nothing: until the last chunk is taken there is no such stream. It must not be there before.
 * @throws Error with the server's reason when it refuses; what `signal` aborts with.
 */
export async function restoreStream(
  connection: NatsConnection,
  { config, state }: { readonly config: StreamConfig; readonly state: StreamState },
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<StreamInfo['state']> {
  const ask = async (subject: string, data: string | Uint8Array, timeout: number): Promise<unknown> => {
    const { data: answer } = await connection.request(subject, data, { timeout })
    const json: unknown = answer.length === 0 ? undefined : JSON.parse(new TextDecoder().decode(answer))
    const failed = failure.safeParse(json)
    if (failed.success) throw new Error(`stream ${config.name} cannot be restored: ${failed.data.error.description}`)
    return json
  }
  const begin = JSON.stringify({ config, state })
  const { deliver_subject } = begun.parse(await ask(`$JS.API.STREAM.RESTORE.${config.name}`, begin, BEGIN_MS))
  const taken: Promise<unknown>[] = []
  for await (const chunk of chunks) {
    signal.throwIfAborted()
    if (taken.length >= IN_FLIGHT) await taken.shift()
    const sent = ask(deliver_subject, chunk, CHUNK_MS)
    // It comes out where it is awaited.
    sent.catch(() => undefined)
    taken.push(sent)
  }
  await Promise.all(taken)
  signal.throwIfAborted()
  return created.parse(await ask(deliver_subject, new Uint8Array(), END_MS)).state
}
