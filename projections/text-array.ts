/** `text`, as Postgres numbers its types. */
const TEXT_OID = 25
const HEADER_BYTES = 20
const LENGTH_BYTES = 4

/**
 * A `text[]` in Postgres' binary format, which takes texts as they are: as a literal every quote in them is escaped by the
 * client and read letter by letter by the server. The texts must be storable.
 * @see array_recv in https://github.com/postgres/postgres/blob/master/src/backend/utils/adt/arrayfuncs.c
 */
export function textArray(texts: readonly (string | null)[]): Buffer {
  const lengths = texts.map((text) => (text === null ? NULL : Buffer.byteLength(text)))
  const total = lengths.reduce((sum, length) => sum + LENGTH_BYTES + Math.max(length, 0), HEADER_BYTES)
  const bytes = Buffer.allocUnsafe(total)
  bytes.writeInt32BE(1, 0) // Dimensions.
  bytes.writeInt32BE(lengths.includes(NULL) ? 1 : 0, 4)
  bytes.writeInt32BE(TEXT_OID, 8)
  bytes.writeInt32BE(texts.length, 12)
  bytes.writeInt32BE(1, 16) // The first index.
  let at = HEADER_BYTES
  for (const [i, text] of texts.entries()) {
    at = bytes.writeInt32BE(lengths[i] ?? NULL, at)
    if (text !== null) at += bytes.write(text, at)
  }
  return bytes
}

/** The length of what is not there. */
const NULL = -1
