import { createHash } from 'node:crypto'
import { zstdCompressSync } from 'node:zlib'
import { escapeIdentifier, type Pool } from 'pg'
import type { DeviceTable } from '../../../schemas/device-sync/device-tables.ts'
import type { ManifestTable } from '../../../schemas/device-sync/manifest.ts'
import { CANONICAL_SESSION } from '../../../schemas/device-sync/rows.ts'

/** Tables as a manifest names them, and their chunks as stored. */
export interface BuiltContent {
  readonly tables: readonly ManifestTable[]
  readonly objects: ReadonlyMap<string, Buffer>
}

/**
 * Canonical rows of the tables in `schema` of a real Postgres, cut by their keys' hashes, by the letter of
 * schemas/device-sync/rows.ts: lines by Postgres' own JSON, so by another way than the agent reads them back.
 */
export async function buildContent(
  pool: Pool,
  tables: readonly DeviceTable[],
  { schema = 'source', rowsOfChunk = 64 } = {},
): Promise<BuiltContent> {
  const objects = new Map<string, Buffer>()
  const client = await pool.connect()
  const store = (lines: readonly string[]) => {
    const content = Buffer.from(lines.join(''))
    const sha256 = hashOf(content)
    if (!objects.has(sha256)) objects.set(sha256, zstdCompressSync(content))
    return { sha256, rows: lines.length, bytes: content.length }
  }
  try {
    for (const [name, value] of Object.entries(CANONICAL_SESSION)) await client.query(`set ${name} = '${value}'`)
    const built: ManifestTable[] = []
    for (const table of tables) {
      const { rows } = await client.query<{ line: string; cut: boolean }>(linesSql(table, schema, rowsOfChunk))
      const chunks: ManifestTable['chunks'] = []
      let lines: string[] = []
      for (const { line, cut } of rows) {
        if (cut && lines.length > 0) {
          chunks.push(store(lines))
          lines = []
        }
        lines.push(`${line}\n`)
      }
      if (lines.length > 0) chunks.push(store(lines))
      built.push({
        name: table.name,
        rowCount: rows.length,
        sha256: hashOf(Buffer.from(rows.map(({ line }) => `${line}\n`).join(''))),
        chunks,
      })
    }
    return { tables: built, objects }
  } finally {
    client.release(true)
  }
}

function linesSql({ name, columns, primaryKey }: DeviceTable, schema: string, rowsOfChunk: number): string {
  const values = columns.map((column) => `coalesce(to_json(${escapeIdentifier(column.name)}::text)::text, 'null')`)
  const key = primaryKey.map((column) => `${escapeIdentifier(column)}::text`)
  return `select '[' || ${values.join(` || ',' || `)} || ']' as line,
      hashtext(${key.join(` || '/' || `)}) % ${rowsOfChunk} = 0 as cut
    from ${escapeIdentifier(schema)}.${escapeIdentifier(name)}
    order by ${key.map((one) => `${one} collate "C"`).join(', ')}`
}

export function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
