import type { ManifestChunk } from '../../schemas/device-sync/manifest.ts'

/** A chunk that is stored, and how large it is there. */
export interface StoredChunk extends ManifestChunk {
  readonly storedBytes: number
}

/** One table's rows as some devices see them: all of a location, or one. */
export interface RecordedPayload {
  readonly tableName: string
  readonly rowCount: number
  /** Over all chunks, one after another. */
  readonly sha256: string
  readonly chunks: readonly ManifestChunk[]
}

/** One that was read just now. All its chunks are stored. */
export interface Payload extends RecordedPayload {
  readonly scope: string
  readonly schemaVersion: number
  readonly chunks: readonly StoredChunk[]
}

export const locationScope = (locationId: string): string => `location:${locationId}`
export const deviceScope = (deviceId: string): string => `device:${deviceId}`
