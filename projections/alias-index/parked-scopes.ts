import type { ClientBase } from 'pg'

/** The index scopes that have an alias which is held back: what stands of them is not what the log says. */
export async function parkedScopes(client: ClientBase): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ readonly scopeKey: string }>(
    `select distinct
       case split_part(aggregate, '.', 3)
         when 'global' then 'global'
         when 'context' then 'context.' || split_part(aggregate, '.', 4)
         else 'site.' || split_part(aggregate, '.', 4)
       end as "scopeKey"
     from parked
     where aggregate like 'evt.alias.%'`,
  )
  return new Set(rows.map(({ scopeKey }) => scopeKey))
}
