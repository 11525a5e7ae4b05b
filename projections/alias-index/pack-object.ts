import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { zstdCompress, zstdCompressSync, zstdDecompress } from 'node:zlib'

/** An object ready to be stored. */
export interface PackedObject {
  readonly bytes: Uint8Array
  /** Over the bytes, hex. */
  readonly sha256: string
}

/** Largest object that is unpacked: several times what one part or delta can hold. */
const MAX_UNPACKED = 256 * 1024 * 1024

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** What is smaller is compressed here, within some tenths of a millisecond; another thread costs more than that. */
const SMALL = 16 * 1024

/** zstd of JSON, with its digest. What is large is compressed on another thread. */
export async function packObject(value: object): Promise<PackedObject> {
  const json = Buffer.from(JSON.stringify(value))
  // Told the size, zstd takes as much memory as that needs: a small object costs a tenth of the time then.
  const options = { pledgedSrcSize: json.length }
  const bytes = json.length < SMALL ? zstdCompressSync(json, options) : await compress(json, options)
  return { bytes, sha256: sha256(bytes) }
}

/** @throws when the bytes are no zstd of JSON, or more than an object can be. */
export async function unpackObject(bytes: Uint8Array): Promise<unknown> {
  return JSON.parse((await decompress(bytes, { maxOutputLength: MAX_UNPACKED })).toString())
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
