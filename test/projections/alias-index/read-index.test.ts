import test from 'ava'
import { aliasIndex } from '../../../projections/alias-index/alias-index.ts'
import { countChanged, readChanged } from '../../../projections/alias-index/read-index.ts'
import { ProjectionWorld } from '../projection-world.ts'

const FIRST = 100_001
const LAST = 150_000
/** As far below the scope's size as a part is below a million names: it tempts Postgres to look for so many from the front. */
const LIMIT = 1_000
/** Postgres makes a plan of its own for a prepared statement at first, and one for all after five. */
const OFTEN = 8

test('one changed name of a large scope is found without reading the scope', async (t) => {
  const world = await ProjectionWorld.create(t)
  const client = await world.session(aliasIndex)
  await client.query(
    `insert into index_entries (scope_key, node, name_key, name, target_kind, target, id, is_taken, is_enabled, expires, revision)
     select 'global', '', 'pump-' || number, 'Pump-' || number, 'channel', 'target', number, true, true, 0, number
     from generate_series($1::int, $2::int) as number`,
    [FIRST, LAST],
  )
  await client.query('analyze index_entries')
  const scans = async (): Promise<unknown> => {
    await client.query('select pg_stat_force_next_flush()')
    const { rows } = await client.query(
      `select seq_scan from pg_stat_user_tables where relid = 'index_entries'::regclass`,
    )
    return rows
  }
  const before = await scans()
  const since = [{ scopeKey: 'global', after: LAST - 3 }]
  for (let i = 0; i < OFTEN; i++) {
    t.deepEqual(await countChanged(client, since, LIMIT), [3])
    const changed = (await readChanged(client, since)).get('global') ?? []
    t.deepEqual(
      changed.map(({ name }) => name),
      [LAST - 2, LAST - 1, LAST].map((number) => `Pump-${number}`),
    )
  }
  t.deepEqual(await scans(), before)
})
