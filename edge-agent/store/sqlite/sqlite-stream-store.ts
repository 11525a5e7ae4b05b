import { fetchedPage, tableTime } from '../fetched-page.ts'
import type { FetchedObservation, ObservationRow, StreamMetadata, StreamRow, StreamStore } from '../stream-store.ts'
import { streamUuid, tableOf, UUID } from '../stream-uuid.ts'
import type { SqliteDatabase } from './sqlite-database.ts'

const COLUMNS = 'id, server_stream_id, uuid, name, secondary, meta, description, last_synced, created_at'
const FIELDS = ['server_stream_id', 'name', 'secondary', 'meta', 'description'] as const

/** A field changes only where its flag, the parameter before it, says that it was sent. */
const UPSERT = `
  insert into streams (uuid, server_stream_id, name, secondary, meta, description, last_synced, created_at)
  values (?1, ?3, ?5, ?7, ?9, ?11, ?12, ?12)
  on conflict (uuid) do update set
    ${FIELDS.map((field, i) => `${field} = case when ?${2 + 2 * i} then excluded.${field} else ${field} end`).join(', ')},
    last_synced = excluded.last_synced
  returning ${COLUMNS}`

/** Streams and their observations in a SQLite file, as clients have them. */
export class SqliteStreamStore implements StreamStore {
  readonly #database: SqliteDatabase
  readonly #now: () => number
  /** Tables that are known to be there, with whether they demand a hash and a provider, as some old ones do. */
  readonly #tables = new Map<string, { readonly demands: boolean }>()

  /** @param now epoch milliseconds. The database is disposed of with the store. */
  constructor(database: SqliteDatabase, now: () => number) {
    this.#database = database
    this.#now = now
  }

  async createStreamsTable(): Promise<void> {
    // Opening the file has done it; who calls it by its name gets what it promises.
    this.#database.all('select id from streams limit 1')
  }

  async upsertStream(stream: StreamMetadata): Promise<StreamRow> {
    return this.#upsert(stream)
  }

  async getStreamByUuid(uuid: string): Promise<StreamRow | undefined> {
    return this.#database.all<StreamRow>(`select ${COLUMNS} from streams where uuid = ?`, streamUuid(uuid))[0]
  }

  async getStreamByName(name: string, secondary?: string): Promise<StreamRow | undefined> {
    const where = secondary === undefined ? 'name = ?' : 'name = ? and secondary = ?'
    const values = secondary === undefined ? [name] : [name, secondary]
    return this.#database.all<StreamRow>(
      `select ${COLUMNS} from streams where ${where} order by id limit 1`,
      ...values,
    )[0]
  }

  async getStreamUuidByName(name: string, secondary?: string): Promise<string | undefined> {
    return (await this.getStreamByName(name, secondary))?.uuid
  }

  async getAllStreams(): Promise<readonly StreamRow[]> {
    return this.#database.all<StreamRow>(`select ${COLUMNS} from streams order by id`)
  }

  async getStaleStreams(before: Date): Promise<readonly string[]> {
    const stale = this.#database.all<{ uuid: string }>(
      'select uuid from streams where last_synced is null or last_synced < ? order by id',
      before.toISOString(),
    )
    const tables = this.#database.all<{ name: string }>(
      `select name from sqlite_schema where type = 'table' order by name`,
    )
    const known = new Set((await this.getAllStreams()).map(({ uuid }) => uuid))
    const unknown = tables.map(({ name }) => name.toLowerCase()).filter((name) => UUID.test(name) && !known.has(name))
    return [...stale.map(({ uuid }) => uuid), ...unknown]
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
    const insert = this.#insertInto(uuid)
    return this.#database.transaction(() => {
      if (said !== undefined) this.#upsert(said)
      if (cursor !== undefined)
        this.#database.run(
          'insert into stream_cursors (uuid, cursor) values (?1, ?2) on conflict (uuid) do update set cursor = ?2',
          streamUuid(uuid),
          cursor,
        )
      return rows.reduce((stored, row) => stored + insert(row), 0)
    })
  }

  async insertRow(
    uuid: string,
    ts: string,
    value: string,
    hash: string | null,
    provider: string | null,
  ): Promise<boolean> {
    const insert = this.#insertInto(uuid)
    const row = { ts: tableTime(ts), value, hash, provider }
    return this.#database.transaction(() => insert(row)) === 1
  }

  async getTableData(uuid: string, limit = 1_000_000): Promise<readonly ObservationRow[]> {
    const table = tableOf(uuid)
    if (!this.#exists(uuid)) return []
    return this.#database.all<ObservationRow>(
      `select cast(ts as text) as ts, cast(value as text) as value, hash, provider from ${table} order by ts, rowid limit ?`,
      limit,
    )
  }

  async getCursor(uuid: string): Promise<string | undefined> {
    const found = this.#database.all<{ cursor: string }>(
      'select cursor from stream_cursors where uuid = ?',
      streamUuid(uuid),
    )[0]
    return found?.cursor
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#database[Symbol.dispose]()
  }

  #upsert(stream: StreamMetadata): StreamRow {
    const now = new Date(this.#now()).toISOString()
    const fields = FIELDS.flatMap((field) => [stream[field] === undefined ? 0 : 1, stream[field] ?? null])
    const row = this.#database.all<StreamRow>(UPSERT, streamUuid(stream.uuid), ...fields, now)[0]
    if (row === undefined) throw new Error('an upsert returns its row')
    return row
  }

  /** What puts one row into the stream's table, which is made if it is not there; it returns 1 if the row is new. */
  #insertInto(uuid: string): (row: ObservationRow) => number {
    const table = tableOf(uuid)
    const { demands } = this.#ensureTable(uuid)
    const missing = demands ? '' : null
    // One observation is one row, also in tables that came without a key. Where there is one, it decides.
    const sql = `
      insert into ${table} (ts, value, hash, provider)
      select ?1, ?2, ?3, ?4
      where not exists (select 1 from ${table} where ts = ?1 and coalesce(nullif(hash, ''), value) = coalesce(?5, ?2))
      on conflict do nothing`
    const put = this.#database.prepared(sql)
    return ({ ts, value, hash, provider }) => put(ts, value, hash ?? missing, provider ?? missing, hash)
  }

  #ensureTable(uuid: string): { readonly demands: boolean } {
    const known = this.#tables.get(uuid)
    if (known !== undefined) return known
    const table = tableOf(uuid)
    const index = `"${streamUuid(uuid)}_ts"`
    this.#database.exec(`
      create table if not exists ${table} (ts TIMESTAMP NOT NULL, value TEXT NOT NULL, hash TEXT, provider TEXT);
      create index if not exists ${index} on ${table} (ts)`)
    const columns = this.#database.all<{ name: string; notnull: number }>(`pragma table_info(${table})`)
    const demands = columns.some(({ name, notnull }) => notnull === 1 && (name === 'hash' || name === 'provider'))
    this.#tables.set(uuid, { demands })
    return { demands }
  }

  #exists(uuid: string): boolean {
    const found = this.#database.all(
      'select 1 from sqlite_schema where type = ? and lower(name) = ?',
      'table',
      streamUuid(uuid),
    )[0]
    return found !== undefined
  }
}
