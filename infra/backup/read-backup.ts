import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type BackedUpStream, backupManifest, type BackupManifest, MANIFEST_FILE } from './backup-manifest.ts'

/** The directory holds no backup, or one that is not what was written. */
export class NotABackup extends Error {
  override readonly name = 'NotABackup'
}

/**
 * The manifest of a backup whose every file is, to the byte, what was written.
 * @throws NotABackup naming the first file that is missing or has changed.
 */
export async function readBackup(
  directory: string,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<BackupManifest> {
  const text = await readFile(join(directory, MANIFEST_FILE), 'utf8').catch((cause: unknown) => {
    throw new NotABackup(`${directory} has no ${MANIFEST_FILE}: no backup, or one that was never finished`, { cause })
  })
  const manifest = parse(text)
  const total = manifest.streams.reduce((sum, { bytes }) => sum + bytes, 0)
  let done = 0
  for (const stream of manifest.streams) {
    const hash = createHash('sha256')
    try {
      for await (const chunk of snapshotChunks(directory, stream)) {
        hash.update(chunk)
        onProgress((done += chunk.length), total)
      }
    } catch (cause) {
      throw new NotABackup(`${stream.file} cannot be read`, { cause })
    }
    if (hash.digest('hex') !== stream.sha256)
      throw new NotABackup(`${stream.file} is not what was written: its sha256 differs`)
  }
  return manifest
}

/** The stream's bytes, in pieces that fit a NATS message. */
export function snapshotChunks(directory: string, { file }: BackedUpStream): AsyncIterable<Uint8Array> {
  return createReadStream(join(directory, file), { highWaterMark: 128 * 1024 })
}

function parse(text: string): BackupManifest {
  try {
    return backupManifest.parse(JSON.parse(text))
  } catch (cause) {
    throw new NotABackup(`${MANIFEST_FILE} is damaged, or of a newer version of Pharos`, { cause })
  }
}
