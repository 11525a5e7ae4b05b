import type { ManifestChunk } from '../../schemas/device-sync/manifest.ts'

/** A chunk that is stored, and how large it is there. */
export interface StoredChunk extends ManifestChunk {
  readonly storedBytes: number
}

/** One table's rows as some devices see them: all of a location, or one. All its chunks are stored. */
export interface Payload {
  readonly scope: string
  readonly schemaVersion: number
  readonly tableName: string
  readonly rowCount: number
  /** Over all chunks, one after another. */
  readonly sha256: string
  readonly chunks: readonly StoredChunk[]
}

export const locationScope = (locationId: string): string => `location:${locationId}`
export const deviceScope = (deviceId: string): string => `device:${deviceId}`
