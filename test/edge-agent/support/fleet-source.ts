import type { Pool } from 'pg'

/** One location's fleet in schema `source`, in which every row says which edition it is of. @param users how many. */
export async function fillFleet(pool: Pool, edition: string, users: number, location = 'loc-1'): Promise<void> {
  await pool.query(
    `truncate source.companies, source.locations, source.groups, source.users, source.areas, source.devices,
       source.location_groups, source.group_users`,
  )
  const at = `'2026-01-02 03:04:05.678901+00', '2026-01-02 03:04:05.678901+00'`
  await pool.query(`
    insert into source.companies values ('c-1', '${edition}', ${at});
    insert into source.locations values ('${location}', 'c-1', '${edition}', null, 'UTC', 47.450, -122.3000, ${at});
    insert into source.groups values ('g-1', 'c-1', '${edition}', '', ${at});
    insert into source.areas values ('a-${location}', '${location}', '${edition}', null, ${at});
    insert into source.devices values ('d-1', '48b02de9c3b7', '${location}', '${edition}', null, ${at});
    insert into source.location_groups values ('${location}', 'g-1')`)
  await pool.query(
    `insert into source.users select 'u-${location}-' || lpad(n::text, 7, '0'), 'c-1', '${edition}', 'user' || n || '@example.com', null, ${at}
     from generate_series(1, $1::int) n`,
    [users],
  )
  await pool.query(`insert into source.group_users select 'g-1', user_id from source.users`)
}
