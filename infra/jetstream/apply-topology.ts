import { JetStreamApiCodes, JetStreamApiError, jetstreamManager } from '@nats-io/jetstream'
import type { JetStreamManager, StreamConfig, StreamInfo } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { newUlid } from '../../schemas/new-ulid.ts'
import { epoch as epochSchema, type Epoch } from '../../schemas/position.ts'
import type { StreamSpec } from '../streams.ts'
import { EPOCH_KEY } from './epoch-key.ts'
import { isRestoreUnfinished, RestoreUnfinished } from './restore-mark.ts'
import { streamChanges } from './stream-changes.ts'

export type Applied = { readonly stream: string } & (
  | { readonly status: 'created' | 'updated' | 'unchanged' }
  /** Left as it was: the change would lose data, or the server does not allow it. */
  | { readonly status: 'refused'; readonly reason: string }
)

export interface ApplyOptions {
  /** Default: 3 where the server is part of a cluster, else 1. A stream that has more keeps them. */
  readonly replicas?: number
  readonly mintEpoch?: () => Epoch
  readonly nowMs?: () => number
}

const NAME_IN_USE = 10058

/**
 * Makes the streams what the specs say, and can be run again and by several processes at once: creates what is missing,
 * updates what differs, refuses what would lose data. Streams without a spec are not touched.
 * @returns one result per spec, in their order.
 * @throws RestoreUnfinished; when NATS is away, JetStream is off, or a missing stream cannot be created.
 */
export async function applyTopology(
  connection: NatsConnection,
  specs: readonly StreamSpec[],
  options: ApplyOptions = {},
): Promise<readonly Applied[]> {
  const { mintEpoch = () => epochSchema.parse(newUlid()), nowMs = Date.now } = options
  const replicas = options.replicas ?? (connection.info?.cluster === undefined ? 1 : 3)
  const manager = await jetstreamManager(connection, { timeout: 10_000 })
  if (await isRestoreUnfinished(manager)) throw new RestoreUnfinished()
  const applied: Applied[] = []
  for (const { epoch, derived: _, ...settings } of specs) {
    const wanted = { ...settings, num_replicas: replicas }
    const minted = epoch === true ? { [EPOCH_KEY]: mintEpoch() } : {}
    applied.push(
      (await create(manager, { ...wanted, metadata: minted })) ?? (await update(manager, wanted, minted, nowMs())),
    )
  }
  return applied
}

type Wanted = Partial<StreamConfig> & Pick<StreamConfig, 'name' | 'num_replicas'>

/** @returns undefined if the stream is there, be it that another process was faster. */
async function create(manager: JetStreamManager, wanted: Wanted): Promise<Applied | undefined> {
  if ((await find(manager, wanted.name)) !== undefined) return undefined
  try {
    await manager.streams.add(wanted)
    return { stream: wanted.name, status: 'created' }
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === NAME_IN_USE) return undefined
    throw error
  }
}

async function update(
  manager: JetStreamManager,
  wanted: Wanted,
  minted: Record<string, string>,
  nowMs: number,
): Promise<Applied> {
  const stream = wanted.name
  const current = await manager.streams.info(stream)
  const num_replicas = Math.max(wanted.num_replicas, current.config.num_replicas)
  const metadata = { ...minted, ...current.config.metadata }
  const { settings, loss } = streamChanges(current, { ...wanted, num_replicas, metadata }, nowMs)
  if (Object.keys(settings).length === 0) return { stream, status: 'unchanged' }
  if (loss !== undefined) return { stream, status: 'refused', reason: loss }
  try {
    await manager.streams.update(stream, { ...current.config, ...settings })
    return { stream, status: 'updated' }
  } catch (error) {
    if (error instanceof JetStreamApiError) return { stream, status: 'refused', reason: error.message }
    throw error
  }
}

async function find(manager: JetStreamManager, stream: string): Promise<StreamInfo | undefined> {
  try {
    return await manager.streams.info(stream)
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return undefined
    throw error
  }
}
