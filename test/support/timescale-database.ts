import type { TestFn } from 'ava'
import type { Declare } from './declare.ts'
import { testDatabase, type TestDatabase } from './test-database.ts'

const URL = process.env['PHAROS_TEST_TIMESCALE_URL']

/** A new database with the extension, on the server of `PHAROS_TEST_TIMESCALE_URL`. */
export async function timescaleDatabase(t: { readonly title: string }): Promise<TestDatabase> {
  const database = await testDatabase(t, URL)
  await createTimescale(database)
  return database
}

/** A new database on that server, whose extension nobody has created yet. */
export function databaseBesideTimescale(t: { readonly title: string }): Promise<TestDatabase> {
  return testDatabase(t, URL)
}

export async function createTimescale({ pool }: Pick<TestDatabase, 'pool'>): Promise<void> {
  await pool.query('create extension timescaledb')
}

/** As `test`, of what needs the extension TimescaleDB; where no server has it, the report says that it was skipped, and why. */
export function onTimescale(test: TestFn): Declare {
  if (URL === undefined || URL === '')
    return (title, run) => test.skip(`TimescaleDB, PHAROS_TEST_TIMESCALE_URL is not set: ${title}`, run)
  return (title, run) => test(`TimescaleDB: ${title}`, run)
}
