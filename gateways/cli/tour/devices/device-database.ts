import { Client, escapeIdentifier } from 'pg'
import { migrate } from '../../../../infra/postgres/migrate.ts'

const MIGRATIONS = new URL('../../../../edge-agent/migrations/', import.meta.url)

/** A database for one sample device on the embedded server, as the device's own Postgres would be. Answers its URL. */
export async function deviceDatabase(serverUrl: string, deviceId: string): Promise<string> {
  const name = `device_${deviceId.replaceAll('-', '_')}`
  const client = new Client({ connectionString: serverUrl, application_name: 'pharos tour' })
  await client.connect()
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    if (rowCount === 0) await client.query(`create database ${escapeIdentifier(name)} template template0`)
  } finally {
    await client.end()
  }
  const url = new URL(serverUrl)
  url.pathname = name
  await migrate({ connectionString: url.href }, MIGRATIONS)
  return url.href
}
