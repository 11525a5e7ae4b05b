import type { ImportTable } from './import-tables.ts'

/** Where a fleet is read from. Each table may be read several times, and says the same each time. */
export interface FleetSource {
  /** Those of the tables that it has. */
  readonly tables: readonly ImportTable[]
  /** The table as CSV (RFC 4180, UTF-8) whose header has our names of the columns; others are left alone. */
  read(table: ImportTable): AsyncIterable<Uint8Array>
}

/** A source that cannot be read as a whole: no such file, no such column. */
export class UnreadableSource extends Error {
  override readonly name = 'UnreadableSource'
}
