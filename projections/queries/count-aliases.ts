import type { Read } from './read.ts'

/** How many aliases there are that have not expired at `at` (epoch milliseconds), and how many of them are enabled. */
export async function countAliases(
  read: Read,
  query: { readonly at: number },
): Promise<{ readonly total: number; readonly active: number }> {
  const rows = await read<{ total: string; active: string }>(
    'count aliases',
    `select count(*) as total, count(*) filter (where is_active) as active
     from pharos.aliases
     where expires_at is null or expires_at > $1::timestamptz`,
    [new Date(query.at).toISOString()],
  )
  return { total: Number(rows[0]?.total), active: Number(rows[0]?.active) }
}
