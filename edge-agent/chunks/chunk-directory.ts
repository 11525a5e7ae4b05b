import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

const WHOLE = /^([0-9a-f]{64})\.zst$/
const PART = /^([0-9a-f]{64})\.([0-9a-f]{16})\.part$/

/** A chunk of which the beginning is here. */
export interface Part {
  readonly path: string
  /** Bytes that are on disk. */
  readonly size: number
  /** Whether this is the stored form that `etag` names. */
  isOf(etag: string): boolean
}

/**
 * Chunks on disk as they are stored and sent (zstd): whole ones, and parts of those that are being fetched, which outlive
 * a killed process. What is here was received, not yet verified: that is done whenever it is read.
 */
export class ChunkDirectory {
  readonly #dir: string

  private constructor(dir: string) {
    this.#dir = dir
  }

  static async open(dir: string): Promise<ChunkDirectory> {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    return new ChunkDirectory(dir)
  }

  async has(sha256: string): Promise<boolean> {
    return (await sizeOf(this.#whole(sha256))) !== undefined
  }

  /** As stored. @throws Error when it is not here. */
  read(sha256: string): Promise<Buffer> {
    return readFile(this.#whole(sha256))
  }

  /** What is here of a chunk that is not whole. */
  async part(sha256: string): Promise<Part | undefined> {
    for (const name of await readdir(this.#dir)) {
      const [, of, form] = PART.exec(name) ?? []
      if (of !== sha256) continue
      const path = join(this.#dir, name)
      return { path, size: (await sizeOf(path)) ?? 0, isOf: (etag) => formOf(etag) === form }
    }
    return undefined
  }

  /** Puts a piece behind those that are here, or at the beginning of a new part. On disk when this resolves. */
  async append(sha256: string, etag: string, offset: number, bytes: Uint8Array): Promise<void> {
    const file = await open(this.#part(sha256, etag), offset === 0 ? 'w' : 'r+')
    try {
      // Whatever a full disk or a crash left behind the end that was asked for is written over.
      await file.truncate(offset)
      for (let written = 0; written < bytes.length;) {
        written += (await file.write(bytes, written, bytes.length - written, offset + written)).bytesWritten
      }
    } finally {
      await file.close()
    }
  }

  /** The part is all there is of it: from now on it is whole. */
  complete(sha256: string, etag: string): Promise<void> {
    return rename(this.#part(sha256, etag), this.#whole(sha256))
  }

  /** Removes a chunk, whole or not. */
  async drop(sha256: string): Promise<void> {
    const part = await this.part(sha256)
    await rm(this.#whole(sha256), { force: true })
    if (part !== undefined) await rm(part.path, { force: true })
  }

  /** Removes all chunks but these, and files that are none. */
  async keepOnly(hashes: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#dir)) {
      const [, of] = WHOLE.exec(name) ?? PART.exec(name) ?? []
      if (of === undefined || !hashes.has(of)) await rm(join(this.#dir, name), { force: true, recursive: true })
    }
  }

  /** Bytes on disk. */
  async size(): Promise<number> {
    let sum = 0
    for (const name of await readdir(this.#dir)) sum += (await sizeOf(join(this.#dir, name))) ?? 0
    return sum
  }

  #whole(sha256: string): string {
    return join(this.#dir, `${sha256}.zst`)
  }

  #part(sha256: string, etag: string): string {
    return join(this.#dir, `${sha256}.${formOf(etag)}.part`)
  }
}

/** An etag is central's own text: it becomes no part of a path as it is. */
function formOf(etag: string): string {
  return createHash('sha256').update(etag).digest('hex').slice(0, 16)
}

async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  )
}
