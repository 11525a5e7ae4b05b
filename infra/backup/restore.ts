import { JetStreamApiCodes, JetStreamApiError, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { newUlid } from '../../schemas/new-ulid.ts'
import { type Epoch, epoch as epochSchema } from '../../schemas/position.ts'
import { EPOCH_KEY } from '../jetstream/epoch-key.ts'
import { beginRestore, isRestoreUnfinished } from '../jetstream/restore-mark.ts'
import { restoreStream } from '../jetstream/restore-stream.ts'
import type { StreamSpec } from '../streams.ts'
import { type BackedUpStream, type BackupManifest, LOG } from './backup-manifest.ts'
import { readBackup, snapshotChunks } from './read-backup.ts'

export interface RestoreOptions {
  readonly connection: NatsConnection
  readonly streams: readonly StreamSpec[]
  readonly directory: string
  /** Delete what the installation holds. Without, a restore is refused where there is something. */
  readonly replace: boolean
  readonly signal: AbortSignal
  readonly mintEpoch?: () => Epoch
  /** All streams are back, and nobody works with them before this resolves. What it throws leaves the restore unfinished. */
  readonly beforeUse?: () => Promise<void>
  readonly onProgress?: (progress: { readonly phase: string; readonly bytes: number; readonly of: number }) => void
}

export interface Restored {
  readonly manifest: BackupManifest
  /** The log's life from here on: every checkpoint of another must be rebuilt. */
  readonly epoch: Epoch
}

/** The installation holds something, and nobody said that it may be deleted. */
export class NotEmpty extends Error {
  override readonly name = 'NotEmpty'
}

/**
 * Makes the streams what they were at the backup, sequences and times included, as a new life of the log. The backup is
 * verified whole before anything is touched. From the first change to the last the installation is marked: no process
 * starts on half a restore, and a restore that was killed is simply run again.
 * @throws NotABackup, NotEmpty; Error when a restored stream is not what the backup says.
 */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { connection, directory, signal, mintEpoch = () => epochSchema.parse(newUlid()) } = options
  const manifest = await readBackup(directory, (bytes, of) => options.onProgress?.({ phase: 'verifying', bytes, of }))
  signal.throwIfAborted()
  const manager = await jetstreamManager(connection, { timeout: 30_000 })
  const names = new Set([...options.streams, ...manifest.streams.map(({ config }) => config)].map(({ name }) => name))
  const present = await existing(manager, names)
  const held = present.filter(({ messages }) => messages > 0).map(({ name }) => name)
  if (held.length > 0 && !options.replace && !(await isRestoreUnfinished(manager)))
    throw new NotEmpty(`${held.join(', ')} hold messages: restoring would delete them`)

  await using mark = await beginRestore(connection, manager)
  for (const { name } of present) await manager.streams.delete(name)
  const epoch = mintEpoch()
  const replicas = connection.info?.cluster === undefined ? 1 : 3
  const of = manifest.streams.reduce((sum, { bytes }) => sum + bytes, 0)
  let done = 0
  for (const stream of logLast(manifest.streams)) {
    const chunks = counted(snapshotChunks(directory, stream), (bytes) =>
      options.onProgress?.({ phase: stream.config.name, bytes: (done += bytes), of }),
    )
    const config = { ...renewed(stream, epoch), num_replicas: replicas }
    const state = await restoreStream(connection, { config, state: stream.state }, chunks, signal)
    verify(stream, state)
  }
  await options.beforeUse?.()
  await mark.finish()
  return { manifest, epoch }
}

async function existing(
  manager: JetStreamManager,
  names: ReadonlySet<string>,
): Promise<readonly { readonly name: string; readonly messages: number }[]> {
  const found: { name: string; messages: number }[] = []
  for (const name of names) {
    try {
      found.push({ name, messages: (await manager.streams.info(name)).state.messages })
    } catch (error) {
      if (!(error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound)) throw error
    }
  }
  return found
}

/** Whoever still runs finds no log to write to until everything else is there. */
function logLast(streams: readonly BackedUpStream[]): readonly BackedUpStream[] {
  return streams.toSorted((a, b) => Number(isLog(a)) - Number(isLog(b)))
}

function isLog({ config }: BackedUpStream): boolean {
  return config.name === LOG
}

/** The stream's settings with a new epoch, if it carries one. */
function renewed({ config }: BackedUpStream, epoch: Epoch): BackedUpStream['config'] {
  if (config.metadata?.[EPOCH_KEY] === undefined) return config
  return { ...config, metadata: { ...config.metadata, [EPOCH_KEY]: epoch } }
}

function verify({ config, state: wanted }: BackedUpStream, state: BackedUpStream['state']): void {
  for (const what of ['messages', 'last_seq'] as const)
    if (state[what] !== wanted[what])
      throw new Error(`stream ${config.name} was restored with ${what} ${state[what]}, the backup has ${wanted[what]}`)
}

async function* counted(chunks: AsyncIterable<Uint8Array>, onBytes: (bytes: number) => void) {
  for await (const chunk of chunks) {
    yield chunk
    onBytes(chunk.length)
  }
}
