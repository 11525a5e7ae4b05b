/** Object Store bucket of the chunks of device tables. */
export const PAYLOADS_BUCKET = 'payloads'

/** Name of the object that holds a chunk, zstd: content-addressed, by the sha256 of its uncompressed bytes. */
export function payloadObjectName(sha256: string): string {
  return `sha256-${sha256}`
}

/** The chunk that an object of this name holds, or `undefined` when it is no chunk. */
export function payloadSha256(objectName: string): string | undefined {
  return /^sha256-([0-9a-f]{64})$/.exec(objectName)?.[1]
}
