import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import { compress } from '../compress.ts'

/** An object ready to be stored. */
export interface PackedObject {
  readonly bytes: Uint8Array
  /** Over the bytes, hex. */
  readonly sha256: string
}

/** Largest object that is unpacked: several times what one part or delta can hold. */
const MAX_UNPACKED = 256 * 1024 * 1024

const decompress = promisify(zstdDecompress)

/** zstd of JSON, with its digest. What is large is compressed on another thread. */
export async function packObject(value: object): Promise<PackedObject> {
  const bytes = await compress(Buffer.from(JSON.stringify(value)))
  return { bytes, sha256: sha256(bytes) }
}

/** @throws when the bytes are no zstd of JSON, or more than an object can be. */
export async function unpackObject(bytes: Uint8Array): Promise<unknown> {
  return JSON.parse((await decompress(bytes, { maxOutputLength: MAX_UNPACKED })).toString())
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
