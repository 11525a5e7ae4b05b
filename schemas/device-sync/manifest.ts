import { z } from 'zod'
import { epoch } from '../position.ts'

/** A device in subjects, credentials and manifests. Never taken from a MAC: that is a name, and anybody's to claim. */
export const deviceId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "-" or "_"')
  .brand<'DeviceId'>()
export type DeviceId = z.infer<typeof deviceId>

export const manifestId = z
  .string()
  .regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, 'must be a ULID')
  .brand<'ManifestId'>()
export type ManifestId = z.infer<typeof manifestId>

export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a sha256 in lower-case hex')

/** Largest chunk and number of rows in it: what a device must be able to hold in memory, and refuses to go beyond. */
export const MAX_CHUNK_BYTES = 16 * 1024 * 1024
export const MAX_CHUNK_ROWS = 65_536

/** Consecutive rows of a table (see `rows.ts`): object `sha256-<hex>` of bucket `payloads`, zstd. */
export const manifestChunk = z.strictObject({
  /** Over the bytes before compression. */
  sha256,
  rows: z.int().min(1).max(MAX_CHUNK_ROWS),
  /** Before compression. */
  bytes: z.int().min(1).max(MAX_CHUNK_BYTES),
})
export type ManifestChunk = z.infer<typeof manifestChunk>

export const manifestTable = z.strictObject({
  name: z.string().regex(/^[a-z_]{1,63}$/),
  rowCount: z.int().min(0),
  /** Over all canonical lines of the table, so over its chunks one after another. */
  sha256,
  /** In row order; none for a table without rows. */
  chunks: z.array(manifestChunk),
})
export type ManifestTable = z.infer<typeof manifestTable>

/** All of a manifest that is signed. */
export const unsignedManifest = z.strictObject({
  manifestId,
  generatedAt: z.iso.datetime({ precision: 3 }),
  schemaVersion: z.int().min(1),
  canonVersion: z.int().min(1),
  /** With `position`, what this content knows: of two manifests of a device the later one has the greater pair. */
  epoch,
  position: z.int().min(0),
  deviceId,
  /** In an order in which what is referred to comes first. */
  tables: z.array(manifestTable),
  /** Of the content alone (`contentHash`): the same content has the same, in whatever manifest. */
  sha256,
  filters: z.strictObject({ locationId: z.string() }),
})
export type UnsignedManifest = z.infer<typeof unsignedManifest>

/**
 * What a device's database must be. `signature` is a JWS in compact form with its payload left out (RFC 7515, appendix
 * F); the payload is the canonical JSON of all other fields. `alg` EdDSA (Ed25519), `kid` names the signing key.
 */
export const manifest = unsignedManifest.extend({ signature: z.string().max(1024) })
export type Manifest = z.infer<typeof manifest>
