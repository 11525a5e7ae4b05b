import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const WHOLE = /^([0-9a-f]{64})\.zst$/
const PART = /^([0-9a-f]{64})\.([0-9a-f]{16})\.part$/

/** A chunk of which the beginning is here. */
export interface Part {
  /** Bytes that are on disk. */
  readonly size: number
  /** Whether this is the stored form that `etag` names. */
  isOf(etag: string): boolean
}

/**
 * Chunks on disk as they are stored and sent (zstd): whole ones, and parts of those that are being fetched, which outlive
 * a killed process. What is here was received, not yet verified: that is done whenever it is read. What there is is
 * listed once, since a directory of thousands is slow to look through for each.
 */
export class ChunkDirectory {
  readonly #dir: string
  readonly #whole = new Set<string>()
  /** Which stored form a part is of, by chunk. */
  readonly #parts = new Map<string, string>()

  private constructor(dir: string) {
    this.#dir = dir
  }

  static async open(dir: string): Promise<ChunkDirectory> {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    const chunks = new ChunkDirectory(dir)
    for (const name of await readdir(dir)) {
      const [, whole] = WHOLE.exec(name) ?? []
      const [, part, form] = PART.exec(name) ?? []
      if (whole !== undefined) chunks.#whole.add(whole)
      else if (part !== undefined && form !== undefined) chunks.#parts.set(part, form)
    }
    return chunks
  }

  has(sha256: string): boolean {
    return this.#whole.has(sha256)
  }

  /** As stored. @throws Error when it is not here. */
  read(sha256: string): Promise<Buffer> {
    return readFile(this.#wholePath(sha256))
  }

  /** What is here of a chunk that is not whole. */
  async part(sha256: string): Promise<Part | undefined> {
    const form = this.#parts.get(sha256)
    if (form === undefined) return undefined
    const size = (await sizeOf(this.#partPath(sha256, form))) ?? 0
    return { size, isOf: (etag) => formOf(etag) === form }
  }

  /** Puts a piece behind those that are here, or at the beginning of a new part. On disk when this resolves. */
  async append(sha256: string, etag: string, offset: number, bytes: Uint8Array): Promise<void> {
    const form = formOf(etag)
    const path = this.#partPath(sha256, form)
    this.#parts.set(sha256, form)
    if (offset === 0) return writeFile(path, bytes)
    await using file = await open(path, 'r+')
    // Whatever a full disk or a crash left behind the end that was asked for is written over.
    await file.truncate(offset)
    for (let written = 0; written < bytes.length;)
      written += (await file.write(bytes, written, bytes.length - written, offset + written)).bytesWritten
  }

  /** The part is all there is of it: from now on it is whole. */
  async complete(sha256: string, etag: string): Promise<void> {
    await rename(this.#partPath(sha256, formOf(etag)), this.#wholePath(sha256))
    this.#parts.delete(sha256)
    this.#whole.add(sha256)
  }

  /** Removes a chunk, whole or not. */
  async drop(sha256: string): Promise<void> {
    const form = this.#parts.get(sha256)
    this.#whole.delete(sha256)
    this.#parts.delete(sha256)
    await rm(this.#wholePath(sha256), { force: true })
    if (form !== undefined) await rm(this.#partPath(sha256, form), { force: true })
  }

  /** Removes all chunks but these, and files that are none. */
  async keepOnly(hashes: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#dir)) {
      const [, of] = WHOLE.exec(name) ?? PART.exec(name) ?? []
      if (of !== undefined && hashes.has(of)) continue
      if (of !== undefined) {
        this.#whole.delete(of)
        this.#parts.delete(of)
      }
      await rm(join(this.#dir, name), { force: true, recursive: true })
    }
  }

  /** Bytes on disk. */
  async size(): Promise<number> {
    let sum = 0
    for (const name of await readdir(this.#dir)) sum += (await sizeOf(join(this.#dir, name))) ?? 0
    return sum
  }

  #wholePath(sha256: string): string {
    return join(this.#dir, `${sha256}.zst`)
  }

  #partPath(sha256: string, form: string): string {
    return join(this.#dir, `${sha256}.${form}.part`)
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
