import { mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import { migrate, MigrationChanged } from '../../infra/postgres/migrate.ts'
import { newerMigrations } from '../../infra/postgres/newer-migrations.ts'
import { testDatabase } from '../support/infrastructure.ts'

async function directory(files: Readonly<Record<string, string>>): Promise<URL> {
  const path = pathToFileURL(`${await mkdtemp(`${tmpdir()}/migrations-`)}/`)
  for (const [name, sql] of Object.entries(files)) await writeFile(new URL(name, path), sql)
  return path
}

test('applies each migration once, however many start at the same time', async (t) => {
  const database = { connectionString: (await testDatabase(t)).url }
  const applied = await Promise.all([1, 2, 3].map(() => migrate(database)))
  const all = (await readdir(new URL('../../infra/migrations/', import.meta.url))).toSorted()
  t.deepEqual(applied.flat(), all)
})

test('a migration that fails is not half applied, and those before it stay', async (t) => {
  const { url, pool } = await testDatabase(t)
  const at = await directory({ '1.sql': 'create table one ()', '2.sql': 'create table two (); select nonsense' })
  await t.throwsAsync(migrate({ connectionString: url }, at), { message: /nonsense/ })
  const { rows } = await pool.query(`select to_regclass('one') is null as one, to_regclass('two') is null as two`)
  t.deepEqual(rows, [{ one: false, two: true }])
})

test('refuses history that was rewritten', async (t) => {
  const { url } = await testDatabase(t)
  await migrate({ connectionString: url }, await directory({ '1.sql': 'create table one ()' }))
  const edited = await directory({ '1.sql': 'create table other ()' })
  await t.throwsAsync(migrate({ connectionString: url }, edited), { instanceOf: MigrationChanged })
})

test('what a newer release has applied is left alone, and named', async (t) => {
  const { url, pool } = await testDatabase(t)
  const [own, newer] = [{ '0001-a.sql': 'create table a ()' }, { '0002-b.sql': 'create table b ()' }]
  await migrate({ connectionString: url }, await directory({ ...own, ...newer }))
  t.deepEqual(await migrate({ connectionString: url }, await directory(own)), [])
  await t.throwsAsync(migrate({ connectionString: url }, await directory(newer)), {
    instanceOf: MigrationChanged,
    message: /0001-a\.sql/,
  })
  await pool.query(`update public.pharos_migrations set name = '9999-z.sql' where name = '0002-b.sql'`)
  t.deepEqual(await newerMigrations(pool), ['9999-z.sql'])
})
