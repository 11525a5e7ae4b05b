import type { Outbox, OutboxLimits } from './outbox.ts'
import { type PostgresOptions, PostgresDatabase } from './postgres/postgres-database.ts'
import { PostgresOutbox } from './postgres/postgres-outbox.ts'
import { PostgresStreamStore } from './postgres/postgres-stream-store.ts'
import { SqliteDatabase, type SqliteOptions } from './sqlite/sqlite-database.ts'
import { SqliteOutbox } from './sqlite/sqlite-outbox.ts'
import { SqliteStreamStore } from './sqlite/sqlite-stream-store.ts'
import type { StreamStore } from './stream-store.ts'

/** Where a client keeps streams: a SQLite file, or its own Postgres. */
export type StoreOptions =
  | ({ readonly kind: 'sqlite' } & SqliteOptions)
  | ({ readonly kind: 'postgres' } & PostgresOptions)

/** A store, and what waits in it for the link. Disposing of the store closes both. */
export interface OpenStore {
  readonly streams: StreamStore
  readonly outbox: Outbox
}

/** Most that waits for the link, unless told: some days of a busy device. */
export const OUTBOX_LIMITS: OutboxLimits = { rows: 1_000_000, bytes: 256 * 1024 * 1024 }

/** Opens a client's store, with tables of older layouts brought up to date. */
export async function openStore(
  options: StoreOptions,
  { limits = OUTBOX_LIMITS, now = Date.now }: { readonly limits?: OutboxLimits; readonly now?: () => number } = {},
): Promise<OpenStore> {
  if (options.kind === 'sqlite') {
    const database = await SqliteDatabase.open(options)
    return { streams: new SqliteStreamStore(database, now), outbox: new SqliteOutbox(database, limits) }
  }
  const database = await PostgresDatabase.open(options)
  return { streams: new PostgresStreamStore(database, now), outbox: new PostgresOutbox(database, limits) }
}
