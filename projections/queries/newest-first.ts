import type { Conditions } from './conditions.ts'
import { readCursor, writeCursor } from './cursor.ts'
import type { Read } from './read.ts'

/** What a list is of, and which page of it. */
interface List<Line> {
  /** By property of a line the SQL that gives it; `id` comes by itself. */
  readonly columns: Readonly<Record<Exclude<keyof Line & string, 'id'>, string>>
  readonly table: string
  /** Column that `from` (inclusive) and `to` (exclusive) are about. */
  readonly time: string
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly cursor?: string | undefined
  readonly limit: number
}

/** A page of rows by falling `id`. @throws RangeError when the cursor is not one of this list's. */
export async function newestFirst<Line extends { readonly id: number }>(
  read: Read,
  where: Conditions,
  of: List<Line>,
): Promise<{ readonly rows: readonly Line[]; readonly nextCursor: string | null }> {
  const { columns, table, time, cursor, limit, from, to } = of
  if (from !== undefined) where.add(`${time} >= ${where.value(from)}::timestamptz`)
  if (to !== undefined) where.add(`${time} < ${where.value(to)}::timestamptz`)
  if (cursor !== undefined) {
    const [id] = readCursor(cursor, 1)
    if (!/^\d{1,16}$/.test(id ?? '')) throw new RangeError('not a cursor of this list')
    where.add(`id < ${where.value(id)}::bigint`)
  }
  const selected = Object.entries(columns).map(([name, sql]) => `${String(sql)} as "${name}"`)
  // By the column, which has an index, not by what the answer calls so.
  const found = await read<Line>(
    undefined,
    `select id::float8 as id, ${selected.join(', ')} from ${table}
     where ${where.text} order by ${table}.id desc limit ${where.value(limit + 1)}::int`,
    where.values,
  )
  const rows = found.slice(0, limit)
  const last = found.length > limit ? rows.at(-1) : undefined
  return { rows, nextCursor: last === undefined ? null : writeCursor([String(last.id)]) }
}
