import test from 'ava'
import { eventually } from '../support/infrastructure.ts'
import { hardTables } from './support/catalogue.ts'
import { EdgeWorld } from './support/edge-world.ts'

/** Values that a driver, a parser or a careless cast would change. */
const HARD_ROWS = String.raw`
  insert into source.things values
    (9223372036854775807, 'big', 1.10, '2026-03-01 12:00:00.123456+02', '\x00ff5c22', true, 0.1, '{"b":1,"a":[1.0,null]}', '3f0c2d7e-6d1b-4f0e-9a53-0d6f7a1b2c3d', -1),
    (-9007199254740993, '', 0.000, 'infinity', '\x', false, 'NaN', 'null', null, 0),
    (10, null, null, null, null, null, null, null, null, null),
    (9, 'null', 123456789012345678901234567890.000000001, '0001-01-01 00:00:00+00 BC', '\x5c5c', null, 1e308, '"x"', null, 2147483647),
    (2, E'𝕏 quote " back \\ slash, comma', 1, '1969-12-31 23:59:59.999999+00', '\x0a', true, -0.0, '{}', null, 1),
    (3, E'line\nfeed\r\ttab \x01\x1f\x7f', 2, null, null, null, 5e-324, null, null, null),
    (4, E'ends with a line feed\n', 2, null, null, null, 1, null, null, null),
    (5, E'\n"r",\n', 2, null, null, null, 1, null, null, null),
    (6, E'\\.', 2, null, null, null, 1, null, null, null),
    (7, E'\n\\.\n', 2, null, null, null, 1, null, null, null),
    (8, E'\\n \\N \\\\', 2, null, null, null, 1, null, null, null),
    (11, E'\u2028 \u0000e9 é'::text, 2, null, null, null, 1, null, null, null);
  insert into source.links values ('a', 'b'), ('a', 'B'), ('Z', 'ä'), ('', '');`.replace(String.raw`\u0000e9`, '')

for (const tactic of ['auto', 'shadow', 'diff', 'truncate'] as const)
  test(`every type of value arrives as it was, by ${tactic}, on a device that writes dates and bytes its own way`, async (t) => {
    t.timeout(300_000)
    const world = await EdgeWorld.open(t, { tables: hardTables })
    const { rows } = await world.edge.query<{ name: string }>('select current_database() as name')
    for (const set of [
      `timezone = 'Asia/Kathmandu'`,
      `datestyle = 'German, DMY'`,
      'extra_float_digits = 0',
      `bytea_output = 'escape'`,
      `intervalstyle = 'iso_8601'`,
      'synchronize_seqscans = on',
      `default_transaction_isolation = 'repeatable read'`,
    ])
      await world.edge.query(`alter database ${rows[0]?.name} set ${set}`)
    await world.source.query(HARD_ROWS)
    const agent = await world.agent({ LOAD_TACTIC: tactic })
    const manifest = await world.syncTo(agent)

    // And once more, over what is there: rows change, come and go.
    await world.source.query(`
      update source.things set amount = 1.100 where label = 'big';
      update source.things set label = E'other\n' where id = 4;
      delete from source.things where id in (10, 6);
      insert into source.things (id, label) values (-9223372036854775808, 'least');
      insert into source.nothing values ('no more')`)
    const next = await world.syncTo(agent)
    const acks = await eventually(() => world.central.acks.length === 2 && world.central.acks)
    t.like(acks[1], { status: 'Success', error: null, localCounts: { things: 11, links: 4, nothing: 1 } })
    t.deepEqual(acks[1]?.localChecksums, await world.edgeHashes())

    const { rows: ledger } = await world.edge.query(
      `select manifest_id, status, error_text, completed_at >= started_at as "inOrder", duration_ms >= 0 as timed,
         (select count(*)::int from pharos_edge.edge_sync_tables where edge_sync_id = id) as tables
       from pharos_edge.edge_sync_log order by id`,
    )
    const done = { status: 'success', error_text: null, inOrder: true, timed: true, tables: 3 }
    t.deepEqual(
      ledger,
      [manifest, next].map(({ manifestId }) => ({ manifest_id: manifestId, ...done })),
    )
  })
