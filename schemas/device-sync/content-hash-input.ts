import type { UnsignedManifest } from './manifest.ts'

/**
 * What a manifest's global `sha256` is over, as canonical JSON (fast-json-stable-stringify): everything that decides
 * what the device's tables will be, and nothing of when, by whom or in which chunks.
 */
export function contentHashInput({
  schemaVersion,
  canonVersion,
  tables,
  filters,
}: Pick<UnsignedManifest, 'schemaVersion' | 'canonVersion' | 'tables' | 'filters'>): object {
  return {
    schemaVersion,
    canonVersion,
    filters,
    tables: tables.map(({ name, rowCount, sha256 }) => ({ name, rowCount, sha256 })),
  }
}
