import { fetchedPage, tableTime } from '../fetched-page.ts'
import type { FetchedObservation, ObservationRow, StreamMetadata, StreamRow, StreamStore } from '../stream-store.ts'
import { streamUuid, tableOf, UUID } from '../stream-uuid.ts'
import type { Ask, PostgresDatabase } from './postgres-database.ts'

const iso = (column: string): string => `to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as ${column}`
const COLUMNS = `id::int8, server_stream_id::int8, uuid, name, secondary, meta, description, ${iso('last_synced')}, ${iso('created_at')}`
const FIELDS = ['server_stream_id', 'name', 'secondary', 'meta', 'description'] as const

const UPSERT = `
  insert into streams (uuid, server_stream_id, name, secondary, meta, description, last_synced, created_at)
  values ($1, $3, $5, $7, $9, $11, $12, $12)
  on conflict (uuid) do update set
    ${FIELDS.map((field, i) => `${field} = case when $${2 + 2 * i}::boolean then excluded.${field} else streams.${field} end`).join(', ')},
    last_synced = excluded.last_synced
  returning ${COLUMNS}`

interface StoredStream extends Omit<StreamRow, 'id' | 'server_stream_id'> {
  readonly id: string
  readonly server_stream_id: string | null
}

/** Streams and their observations in the device's Postgres, laid out as in SQLite. */
export class PostgresStreamStore implements StreamStore {
  readonly #database: PostgresDatabase
  readonly #now: () => number
  readonly #tables = new Set<string>()

  /** @param now epoch milliseconds. The database is disposed of with the store. */
  constructor(database: PostgresDatabase, now: () => number) {
    this.#database = database
    this.#now = now
  }

  async createStreamsTable(): Promise<void> {
    // Opening the database has done it; who calls it by its name gets what it promises.
    await this.#database.ask('select id from streams limit 1')
  }

  async upsertStream(stream: StreamMetadata): Promise<StreamRow> {
    return this.#database.transaction((ask) => this.#upsert(ask, stream))
  }

  async getStreamByUuid(uuid: string): Promise<StreamRow | undefined> {
    return this.#one('uuid = $1', streamUuid(uuid))
  }

  async getStreamByName(name: string, secondary?: string): Promise<StreamRow | undefined> {
    return secondary === undefined
      ? this.#one('name = $1', name)
      : this.#one('name = $1 and secondary = $2', name, secondary)
  }

  async getStreamUuidByName(name: string, secondary?: string): Promise<string | undefined> {
    return (await this.getStreamByName(name, secondary))?.uuid
  }

  async getAllStreams(): Promise<readonly StreamRow[]> {
    return (await this.#database.ask<StoredStream>(`select ${COLUMNS} from streams order by streams.id`)).map(streamRow)
  }

  async getStaleStreams(before: Date): Promise<readonly string[]> {
    const stale = await this.#database.ask<{ uuid: string }>(
      'select uuid from streams where last_synced is null or last_synced < $1 order by id',
      before.toISOString(),
    )
    const unknown = await this.#database.ask<{ uuid: string }>(
      `select tablename as uuid from pg_tables
       where schemaname = current_schema() and not exists (select from streams where streams.uuid = tablename)
       order by tablename`,
    )
    return [...stale, ...unknown.filter(({ uuid }) => UUID.test(uuid))].map(({ uuid }) => uuid)
  }

  async storeStreamObservation(uuid: string, observation: FetchedObservation, provider?: string): Promise<boolean> {
    const stored = await this.storeStreamObservations(uuid, [observation], provider === undefined ? {} : { provider })
    return stored === 1
  }

  async storeStreamObservations(
    uuid: string,
    observations: readonly FetchedObservation[],
    { provider, cursor }: { readonly provider?: string; readonly cursor?: string } = {},
  ): Promise<number> {
    const { rows, said } = fetchedPage(uuid, observations, provider)
    await this.#ensureTable(uuid)
    return this.#database.transaction(async (ask) => {
      if (said !== undefined) await this.#upsert(ask, said)
      if (cursor !== undefined)
        await ask(
          'insert into stream_cursors (uuid, cursor) values ($1, $2) on conflict (uuid) do update set cursor = $2',
          streamUuid(uuid),
          cursor,
        )
      return insert(ask, uuid, rows)
    })
  }

  async insertRow(
    uuid: string,
    ts: string,
    value: string,
    hash: string | null,
    provider: string | null,
  ): Promise<boolean> {
    const row = { ts: tableTime(ts), value, hash, provider }
    await this.#ensureTable(uuid)
    return (await this.#database.transaction((ask) => insert(ask, uuid, [row]))) === 1
  }

  async getTableData(uuid: string, limit = 1_000_000): Promise<readonly ObservationRow[]> {
    const [found] = await this.#database.ask(
      'select from pg_tables where schemaname = current_schema() and tablename = $1',
      streamUuid(uuid),
    )
    if (found === undefined) return []
    return this.#database.ask<ObservationRow>(
      `select ts::text as ts, value::text as value, hash, provider from ${tableOf(uuid)} order by 1, ctid limit $1`,
      limit,
    )
  }

  async getCursor(uuid: string): Promise<string | undefined> {
    const [found] = await this.#database.ask<{ cursor: string }>(
      'select cursor from stream_cursors where uuid = $1',
      streamUuid(uuid),
    )
    return found?.cursor
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database[Symbol.asyncDispose]()
  }

  async #one(where: string, ...values: string[]): Promise<StreamRow | undefined> {
    const [row] = await this.#database.ask<StoredStream>(
      `select ${COLUMNS} from streams where ${where} order by streams.id limit 1`,
      ...values,
    )
    return row && streamRow(row)
  }

  async #upsert(ask: Ask, stream: StreamMetadata): Promise<StreamRow> {
    const fields = FIELDS.flatMap((field) => [stream[field] !== undefined, stream[field] ?? null])
    const now = new Date(this.#now()).toISOString()
    const [row] = await ask<StoredStream>(UPSERT, streamUuid(stream.uuid), ...fields, now)
    if (row === undefined) throw new Error('an upsert returns its row')
    return streamRow(row)
  }

  /** Before the transaction that writes: what makes a table waits for all who read it. */
  async #ensureTable(uuid: string): Promise<void> {
    const table = tableOf(uuid)
    if (this.#tables.has(table)) return
    await this.#database.ask(
      `create table if not exists ${table} (ts text not null, value text not null, hash text, provider text)`,
    )
    await this.#database.ask(`create index if not exists "${streamUuid(uuid)}_ts" on ${table} (ts)`)
    this.#tables.add(table)
  }
}

/** One observation is one row, also in tables that came without a key. Returns how many were new. */
async function insert(ask: Ask, uuid: string, rows: readonly ObservationRow[]): Promise<number> {
  const table = tableOf(uuid)
  const inserted = await ask(
    `insert into ${table} (ts, value, hash, provider)
     select distinct on (ts, coalesce(hash, value)) ts, value, hash, provider
     from unnest($1::text[], $2::text[], $3::text[], $4::text[]) with ordinality as fresh (ts, value, hash, provider, place)
     where not exists (
       select from ${table} as stood
       where stood.ts = fresh.ts and coalesce(stood.hash, stood.value) = coalesce(fresh.hash, fresh.value)
     )
     order by ts, coalesce(hash, value), place
     on conflict do nothing
     returning 1 as one`,
    rows.map(({ ts }) => ts),
    rows.map(({ value }) => value),
    rows.map(({ hash }) => hash),
    rows.map(({ provider }) => provider),
  )
  return inserted.length
}

function streamRow(row: StoredStream): StreamRow {
  return {
    ...row,
    id: Number(row.id),
    server_stream_id: row.server_stream_id === null ? null : Number(row.server_stream_id),
  }
}
