import type { ClientBase } from 'pg'
import type { DeviceTable } from '../../schemas/device-sync/device-tables.ts'
import { ContentMismatch } from './content-mismatch.ts'
import { readBack } from './read-back.ts'
import type { TableContent } from './table-content.ts'

/**
 * Reads a table back and compares it with what was signed.
 * @param freshly it was loaded in order just now: read first as it lies.
 * @throws ContentMismatch.
 */
export async function verifyBack(
  client: ClientBase,
  table: DeviceTable,
  wanted: TableContent,
  { schema, freshly }: { readonly schema: string; readonly freshly: boolean },
): Promise<TableContent> {
  const isRight = ({ rowCount, sha256 }: TableContent): boolean =>
    rowCount === wanted.rowCount && sha256 === wanted.sha256
  if (freshly) {
    const found = await readBack(client, table, schema, 'stored')
    if (isRight(found)) return found
  }
  const found = await readBack(client, table, schema, 'key')
  if (!isRight(found)) throw new ContentMismatch(table.name, found, wanted)
  return found
}
