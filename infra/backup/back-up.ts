import { JetStreamApiCodes, JetStreamApiError, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { decodeLogMessage } from '../../schemas/decode-log-message.ts'
import { epoch } from '../../schemas/position.ts'
import { EPOCH_KEY } from '../jetstream/epoch-key.ts'
import { snapshotStream } from '../jetstream/snapshot-stream.ts'
import type { StreamSpec } from '../streams.ts'
import { type BackedUpStream, type BackupManifest, LOG, MANIFEST_FILE } from './backup-manifest.ts'
import { writeSnapshot } from './write-snapshot.ts'

export interface BackUpOptions {
  readonly connection: NatsConnection
  readonly streams: readonly StreamSpec[]
  /** A directory that does not exist yet, or is empty. */
  readonly directory: string
  readonly signal: AbortSignal
  readonly now: () => Date
  readonly onProgress?: (progress: { readonly stream: string; readonly bytes: number; readonly of: number }) => void
}

/** The backup cannot be made, for a reason that its maker can mend. */
export class BackupImpossible extends Error {
  override readonly name = 'BackupImpossible'
}

/** A snapshot that ends within a command is taken again, so often at most. */
const TRIES = 10

/**
 * Backs up every stream and bucket of the topology while the platform goes on: what is derived from events first, then
 * the log up to the end of a command, then the rest. So nothing in a backup is ahead of its log. The directory appears
 * when it is complete, and never in part.
 * @throws BackupImpossible when the directory holds something, or the installation has no log.
 */
export async function backUp(options: BackUpOptions): Promise<BackupManifest> {
  const { connection, now } = options
  const directory = resolve(options.directory)
  if ((await readdir(directory).catch(() => [])).length > 0)
    throw new BackupImpossible(`${options.directory} is not empty: a backup gets a directory of its own`)
  const manager = await jetstreamManager(connection, { timeout: 10_000 })
  const unfinished = `${directory}.unfinished`
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { recursive: true, mode: 0o700 })
  try {
    const streams: BackedUpStream[] = []
    for (const spec of inOrder(options.streams)) {
      if (!(await exists(manager, spec.name))) continue
      streams.push(await backUpStream(manager, spec, { ...options, directory: unfinished }))
    }
    const log = streams.find(({ config }) => config.name === LOG)
    if (log === undefined) throw new BackupImpossible('there is no log here: nothing to back up')
    const manifest: BackupManifest = {
      format: 1,
      createdAt: now().toISOString(),
      epoch: epoch.parse(log.config.metadata?.[EPOCH_KEY]),
      sequence: log.state.last_seq,
      streams,
    }
    await writeFile(join(unfinished, MANIFEST_FILE), JSON.stringify(manifest, null, 2), { mode: 0o600, flush: true })
    await syncDirectory(unfinished)
    await rename(unfinished, directory)
    await syncDirectory(dirname(directory))
    return manifest
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    throw error
  }
}

/** Derived, the log, the rest; within each as in the topology. */
function inOrder(streams: readonly StreamSpec[]): readonly StreamSpec[] {
  const rank = ({ name, derived }: StreamSpec): number => (derived === true ? 0 : name === LOG ? 1 : 2)
  return streams.toSorted((a, b) => rank(a) - rank(b))
}

async function backUpStream(
  manager: JetStreamManager,
  spec: StreamSpec,
  { connection, directory, signal, onProgress }: BackUpOptions,
): Promise<BackedUpStream> {
  const file = `${spec.name}.snapshot`
  for (let tries = 1; ; tries++) {
    const { config, state, chunks } = await snapshotStream(connection, spec.name, signal)
    const written = await writeSnapshot(join(directory, file), chunks, (bytes) =>
      onProgress?.({ stream: spec.name, bytes, of: state.bytes }),
    )
    if (spec.name !== LOG || (await endsCommand(manager, spec.name, state.last_seq)))
      return { file, ...written, config, state }
    if (tries === TRIES) throw new Error(`${spec.name} could not be cut between two commands in ${TRIES} tries`)
  }
}

/** Whether the event there is the last of its command: a batch is stored message by message. */
async function endsCommand(manager: JetStreamManager, stream: string, sequence: number): Promise<boolean> {
  if (sequence === 0) return true
  const message = await manager.streams.getMessage(stream, { seq: sequence })
  if (message === null) return true
  const { commandindex, commandcount } = decodeLogMessage(sequence, message.subject, message.data).envelope
  return commandindex + 1 === commandcount
}

async function exists(manager: JetStreamManager, stream: string): Promise<boolean> {
  try {
    await manager.streams.info(stream)
    return true
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return false
    throw error
  }
}

/** A rename is on the disk when its directory is. */
async function syncDirectory(path: string): Promise<void> {
  await using handle = await open(path, 'r')
  await handle.sync()
}
