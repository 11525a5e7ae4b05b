import { createHash } from 'node:crypto'
import stringify from 'fast-json-stable-stringify'
import { contentHashInput } from '../../schemas/device-sync/content-hash-input.ts'
import type { UnsignedManifest } from '../../schemas/device-sync/manifest.ts'
import { CANON_VERSION } from '../../schemas/device-sync/rows.ts'
import type { DeviceContent } from './build-location.ts'

/** A manifest's content: all of it but which manifest it is, of when. */
export type ManifestContent = Omit<UnsignedManifest, 'manifestId' | 'generatedAt' | 'epoch' | 'position'>

export function draftManifest({ deviceId, schemaVersion, tables }: DeviceContent, locationId: string): ManifestContent {
  const content = {
    deviceId,
    schemaVersion,
    canonVersion: CANON_VERSION,
    filters: { locationId },
    tables: tables.map(({ tableName: name, rowCount, sha256, chunks }) => ({
      name,
      rowCount,
      sha256,
      chunks: chunks.map((chunk) => ({ sha256: chunk.sha256, rows: chunk.rows, bytes: chunk.bytes })),
    })),
  }
  return {
    ...content,
    sha256: createHash('sha256')
      .update(stringify(contentHashInput(content)))
      .digest('hex'),
  }
}
