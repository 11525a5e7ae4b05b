import type { TableContent } from './table-content.ts'

/** What Postgres gives back is not what was signed. The transaction ends without anybody having seen it. */
export class ContentMismatch extends Error {
  override readonly name = 'ContentMismatch'

  constructor(table: string, found: TableContent, wanted: TableContent) {
    super(
      `table ${table} read back has ${found.rowCount} rows, sha256 ${found.sha256}; it must be ${wanted.rowCount} rows, ${wanted.sha256}`,
    )
  }
}
