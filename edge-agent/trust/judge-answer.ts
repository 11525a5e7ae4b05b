import { createHash } from 'node:crypto'
import stringify from 'fast-json-stable-stringify'
import { z } from 'zod'
import { contentHashInput } from '../../schemas/device-sync/content-hash-input.ts'
import type { DeviceTable } from '../../schemas/device-sync/device-tables.ts'
import {
  type ManifestId,
  manifestId,
  type UnsignedManifest,
  unsignedManifest,
} from '../../schemas/device-sync/manifest.ts'
import { CANON_VERSION } from '../../schemas/device-sync/rows.ts'
import { parseAs } from './parse-signed.ts'
import { Refusal } from './refusal.ts'
import { signingKeyRing } from './signing-key-ring.ts'
import { verifyFreshness } from './verify-freshness.ts'
import { verifyManifest } from './verify-manifest.ts'

/** What this device is, has, and may hold: what an answer is judged by. */
export interface Standing {
  readonly deviceId: string
  readonly rootKey: string
  /** Tables by the schema versions that this agent knows. */
  readonly catalogue: ReadonlyMap<number, readonly DeviceTable[]>
  /** What the database is now; none of a new device. */
  readonly applied: UnsignedManifest | undefined
  /** Whether its tables are all there. */
  readonly isWhole: boolean
  /** Newest statement of signing keys seen; 0 before the first. */
  readonly keysVersion: number
  /** Most that all chunks together may be, uncompressed. */
  readonly maxBytes: number
  /** Epoch milliseconds. */
  readonly now: number
}

export type Verdict =
  | { readonly status: 'unchanged'; readonly manifestId: ManifestId; readonly keysVersion: number }
  | {
      readonly status: 'new'
      readonly manifest: UnsignedManifest
      readonly tables: readonly DeviceTable[]
      readonly keysVersion: number
    }

const signed = { freshness: z.string().max(4096), signingKeys: z.string().max(8192) }
/** Of central's answer, what is needed to find the signatures. */
const answer = z.discriminatedUnion('status', [
  z.looseObject({ status: z.literal('manifest'), manifest: z.looseObject({}), ...signed }),
  z.looseObject({ status: z.literal('unchanged'), manifestId, ...signed }),
  z.looseObject({ status: z.literal('refused'), code: z.string().max(64), message: z.string().max(4096) }),
])

/**
 * Whether to become what central's answer says. Nothing of it is believed before the chain from the root key holds.
 * @throws Refusal with the first reason against it.
 */
export async function judgeAnswer(raw: unknown, standing: Standing): Promise<Verdict> {
  const said = parseAs(raw, answer, "central's answer")
  if (said.status === 'refused') throw refusedByCentral(said)
  const { version: keysVersion, keys } = await signingKeyRing(said.signingKeys, standing.rootKey, standing.keysVersion)
  const unsigned = said.status === 'manifest' ? await verifyManifest(said.manifest, keys) : undefined
  const fresh = await verifyFreshness(said.freshness, keys, standing)
  if (said.status === 'unchanged') {
    const { applied } = standing
    if (applied === undefined || said.manifestId !== applied.manifestId || fresh.manifestId !== applied.manifestId)
      throw new Refusal(
        'invalid',
        `central says that nothing changed since ${said.manifestId}, which is not what is here`,
      )
    return { status: 'unchanged', manifestId: said.manifestId, keysVersion }
  }
  const { manifest, tables } = judgeManifest(unsigned ?? {}, standing)
  if (fresh.manifestId !== manifest.manifestId || fresh.epoch !== manifest.epoch)
    throw new Refusal('expired', `the freshness statement is about manifest ${fresh.manifestId}`)
  if (standing.isWhole && standing.applied?.manifestId === manifest.manifestId)
    return { status: 'unchanged', manifestId: manifest.manifestId, keysVersion }
  return { status: 'new', manifest, tables, keysVersion }
}

function judgeManifest(
  unsigned: Readonly<Record<string, unknown>>,
  { deviceId, catalogue, applied, maxBytes }: Standing,
): { readonly manifest: UnsignedManifest; readonly tables: readonly DeviceTable[] } {
  if (unsigned['deviceId'] !== deviceId)
    throw new Refusal('device', `the manifest is for device ${String(unsigned['deviceId']).slice(0, 64)}`)
  const tables = catalogue.get(unsigned['schemaVersion'] as number)
  if (tables === undefined)
    throw new Refusal(
      'schema_version',
      `the manifest is of schema version ${String(unsigned['schemaVersion']).slice(0, 16)}, this agent knows ${[...catalogue.keys()].join(', ')}: upgrade it`,
    )
  if (unsigned['canonVersion'] !== CANON_VERSION)
    throw new Refusal(
      'canon_version',
      `the manifest's rows are written as canon ${String(unsigned['canonVersion']).slice(0, 16)}, this agent knows ${CANON_VERSION}`,
    )
  const manifest = parseAs(unsigned, unsignedManifest, 'manifest')
  if (applied !== undefined && isOlder(manifest, applied))
    throw new Refusal('older', `the manifest is older than what is here (${applied.epoch} ${applied.position})`)
  judgeTables(manifest, tables, maxBytes)
  return { manifest, tables }
}

/** Epochs are ULIDs: a later one sorts after. Of one position, as after an upgrade of the tables, the later manifest counts. */
function isOlder(one: UnsignedManifest, other: UnsignedManifest): boolean {
  if (one.epoch !== other.epoch) return one.epoch < other.epoch
  if (one.position !== other.position) return one.position < other.position
  return one.manifestId < other.manifestId
}

/** What the signer said must also agree with itself: a bug of central's must not reach the database. */
function judgeTables(manifest: UnsignedManifest, tables: readonly DeviceTable[], maxBytes: number): void {
  const names = manifest.tables.map(({ name }) => name).join(', ')
  const expected = tables.map(({ name }) => name).join(', ')
  if (names !== expected) throw new Refusal('invalid', `manifest: its tables are ${names}, not ${expected}`)
  for (const { name, rowCount, chunks } of manifest.tables) {
    const rows = chunks.reduce((sum, chunk) => sum + chunk.rows, 0)
    if (rows !== rowCount)
      throw new Refusal('invalid', `manifest: table ${name} has ${rowCount} rows, and ${rows} in its chunks`)
  }
  const total = manifest.tables.flatMap(({ chunks }) => chunks).reduce((sum, { bytes }) => sum + bytes, 0)
  if (total > maxBytes)
    throw new Refusal(
      'too_large',
      `the manifest is of ${total} bytes, and this device takes ${maxBytes} (MAX_DATA_BYTES)`,
    )
  const sha256 = createHash('sha256')
    .update(stringify(contentHashInput(manifest)))
    .digest('hex')
  if (sha256 !== manifest.sha256) throw new Refusal('invalid', 'manifest: its sha256 is not that of its tables')
}

function refusedByCentral({ code, message }: { readonly code: string; readonly message: string }): Refusal {
  // Central serves no version that this agent can read: the same alarm as a manifest of such a version.
  return new Refusal(code === 'schema_version' ? 'schema_version' : 'central', `central refused: ${code}: ${message}`)
}
