import type { ClientBase } from 'pg'
import type { Position } from '../../schemas/position.ts'
import type { Tenure } from '../publication.ts'
import type { KnownVersions } from './known-versions.ts'
import type { DueScope } from './version-draft.ts'

/** Index scopes with a parked slot: `evt.alias.node.KSEA.gate-4.main` → `site.KSEA`. */
const PARKED_SCOPES = `
  select case split_part(aggregate, '.', 3)
    when 'global' then 'global'
    when 'node' then 'site.' || split_part(aggregate, '.', 4)
    else split_part(aggregate, '.', 3) || '.' || split_part(aggregate, '.', 4)
  end as scope_key
  from parked
  where starts_with(aggregate, 'evt.alias.')`

const NOT_HELD = `
  not exists (select from index_jobs where index_jobs.scope_key = scopes.scope_key)
  and scopes.scope_key not in (${PARKED_SCOPES})`

const DUE = `
  select scopes.scope_key as "scopeKey", coalesce(index_scopes.changed_at, 0)::float8 as "changedAt"
  from (
    select scope_key from index_scopes where due_at > $1
    union
    select scope_key from unnest($2::text[]) as also (scope_key)
  ) as scopes
  left join index_scopes on index_scopes.scope_key = scopes.scope_key
  where ${NOT_HELD}
  order by scopes.scope_key`

/** The scopes that cannot be published, since an event of theirs is parked: what they would show is not what is true. */
export async function parkedScopes(client: ClientBase): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ scope_key: string }>({ name: 'parked index scopes', text: PARKED_SCOPES })
  return new Set(rows.map((row) => row.scope_key))
}

/** The scopes that became due after `since`, and those of `also`; none that a job or a parked event holds back. */
export async function dueScopes(
  client: ClientBase,
  since: number,
  also: readonly string[],
): Promise<readonly DueScope[]> {
  const { rows } = await client.query<DueScope>({ name: 'due index scopes', text: DUE, values: [since, also] })
  return rows
}

/** What a pointer says, as far as it matters here. */
type Standing = Position & { readonly version: number }

/**
 * The scopes whose pointers are not what the tables and the log say: changed since, claimed but not finished, of another
 * life of the log. For the beginning of a tenure, which knows nothing of what was published before.
 */
export async function scopesBehind(
  { client, at }: Tenure,
  standing: ReadonlyMap<string, Standing>,
  versions: KnownVersions,
): Promise<readonly string[]> {
  const { rows } = await client.query<DueScope & { readonly claimed: number }>(
    `select scopes.scope_key as "scopeKey", scopes.changed_at::float8 as "changedAt",
       coalesce((select max(version) from index_versions where index_versions.scope_key = scopes.scope_key), 0)::float8
         as claimed
     from index_scopes as scopes
     where ${NOT_HELD}`,
  )
  const behind = rows.filter(({ scopeKey, changedAt, claimed }) => {
    const { sequence = 0, version = 0 } = standing.get(scopeKey) ?? {}
    return changedAt > sequence || claimed > version
  })
  const foreign = [...standing].filter(([, { epoch }]) => epoch !== at.epoch).map(([scopeKey]) => scopeKey)
  return [...new Set([...behind.map(({ scopeKey }) => scopeKey), ...foreign, ...versions.ahead().keys()])]
}
