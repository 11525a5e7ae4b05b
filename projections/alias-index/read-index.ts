import type { ClientBase } from 'pg'
import type { PublishedRow } from './index-columns.ts'

/** A scope and the position after which its changes are wanted. */
export interface Since {
  readonly scopeKey: string
  readonly after: number
}

const ROW = `
  entry.scope_key, entry.node, entry.name_key, entry.name, entry.target, entry.id::float8 as id,
  entry.is_taken and entry.is_enabled as is_live, entry.expires::float8 as expires`

/** Which rows of a scope are wanted. What every change asks for is prepared; what a base needs is planned for its scopes. */
interface Wanted {
  readonly condition: string
  readonly prepared?: string
}

/**
 * A bound above, though nothing can be beyond it: of a range without one Postgres expects a third of the table, and
 * reads all of a large one (0.6 s of a million names) for one name that has changed.
 */
const CHANGED: Wanted = {
  condition: 'entry.revision > wanted.after and entry.revision <= 9223372036854775807',
  prepared: 'changed',
}
const LIVE: Wanted = { condition: 'entry.is_taken and entry.is_enabled' }

/** How many rows of each scope have changed after its position; at most `limit` are counted. In the order given. */
export async function countChanged(
  client: ClientBase,
  scopes: readonly Since[],
  limit: number,
): Promise<readonly number[]> {
  return count(client, scopes, limit, CHANGED)
}

/** How many live rows each scope has; at most `limit` are counted. In the order given. */
export async function countLive(
  client: ClientBase,
  scopeKeys: readonly string[],
  limit: number,
): Promise<readonly number[]> {
  const scopes = scopeKeys.map((scopeKey) => ({ scopeKey, after: 0 }))
  return count(client, scopes, limit, LIVE)
}

async function count(
  client: ClientBase,
  scopes: readonly Since[],
  limit: number,
  { condition, prepared }: Wanted,
): Promise<readonly number[]> {
  if (scopes.length === 0) return []
  const { rows } = await client.query<{ count: number }>({
    ...(prepared === undefined ? {} : { name: `count ${prepared} index entries` }),
    text: `select (
       select count(*)::int from (
         select from index_entries as entry
         where entry.scope_key = wanted.scope_key and ${condition}
         limit $3::int
       ) as counted
     ) as count
     from unnest($1::text[], $2::bigint[]) with ordinality as wanted (scope_key, after, place)
     order by wanted.place`,
    values: [...columns(scopes), limit],
  })
  return rows.map((row) => row.count)
}

/** All rows of each scope that have changed after its position, by scope, in order of node and name key. */
export function readChanged(
  client: ClientBase,
  scopes: readonly Since[],
): Promise<ReadonlyMap<string, readonly PublishedRow[]>> {
  return read(client, scopes, CHANGED)
}

/** All live rows of each scope, by scope, in order of node and name key. */
export function readLive(
  client: ClientBase,
  scopeKeys: readonly string[],
): Promise<ReadonlyMap<string, readonly PublishedRow[]>> {
  const scopes = scopeKeys.map((scopeKey) => ({ scopeKey, after: 0 }))
  return read(client, scopes, LIVE)
}

async function read(
  client: ClientBase,
  scopes: readonly Since[],
  { condition, prepared }: Wanted,
): Promise<ReadonlyMap<string, readonly PublishedRow[]>> {
  if (scopes.length === 0) return new Map()
  const { rows } = await client.query<PublishedRow>({
    ...(prepared === undefined ? {} : { name: `read ${prepared} index entries` }),
    text: `select entry.*
     from unnest($1::text[], $2::bigint[]) as wanted (scope_key, after)
     cross join lateral (
       -- Scope by scope: pulled up into one join, the range would be as if it had no bound above.
       select ${ROW} from index_entries as entry where entry.scope_key = wanted.scope_key and ${condition} offset 0
     ) as entry
     order by entry.scope_key, entry.node, entry.name_key`,
    values: [...columns(scopes)],
  })
  return Map.groupBy(rows, (row) => row.scope_key)
}

/**
 * All live rows of a scope in so many parts of about the same size, one part at a time: by hash of the name key, within
 * a part in order of node and name key. Only one part is ever in memory.
 */
export async function* readParts(
  client: ClientBase,
  scopeKey: string,
  parts: number,
): AsyncGenerator<readonly PublishedRow[], void> {
  await client.query('begin read only')
  try {
    await client.query(
      `declare index_parts no scroll cursor for
       select ${ROW}, mod(hashtextextended(entry.name_key, 0) & 2147483647, $2::int)::int as part
       from index_entries as entry
       where entry.scope_key = $1 and entry.is_taken and entry.is_enabled
       order by part, entry.node, entry.name_key`,
      [scopeKey, parts],
    )
    let part: (PublishedRow & { readonly part: number })[] = []
    for (;;) {
      const { rows } = await client.query<PublishedRow & { readonly part: number }>(`fetch ${FETCH} from index_parts`)
      for (const row of rows) {
        if (part[0] !== undefined && part[0].part !== row.part) {
          yield part
          part = []
        }
        part.push(row)
      }
      if (rows.length < FETCH) break
    }
    if (part.length > 0) yield part
  } finally {
    await client.query('rollback')
  }
}

const FETCH = 4096

function columns(scopes: readonly Since[]): readonly [string[], number[]] {
  return [scopes.map((one) => one.scopeKey), scopes.map((one) => one.after)]
}
