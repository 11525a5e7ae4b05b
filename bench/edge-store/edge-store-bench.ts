import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openStore } from '../../edge-agent/store/open-store.ts'
import type { FetchedObservation } from '../../edge-agent/store/stream-store.ts'
import type { Bench, BenchContext } from '../bench.ts'
import { median } from '../measure/median.ts'
import { wholeNumber } from '../measure/whole-number.ts'

const UUID = '6f1c1c1e-0000-4000-8000-000000000001'
const BATCH = 500
const START_S = Date.UTC(2026, 0, 1) / 1000

/**
 * `edge-store.rate`: observations a second into a client's SQLite store, in batches of 500, as they are fetched, with what they
 * say of their stream. The ceiling is node:sqlite with the same statements, tables and settings, given rows as they are stored.
 */
export const edgeStoreBench: Bench = {
  summary: "observations into a client's SQLite store, beside raw node:sqlite (BENCH_OBSERVATIONS, BENCH_ROUNDS)",
  minutes: 10,
  run: measure,
}

async function measure({ dir, report, note, signal }: BenchContext): Promise<void> {
  const batches = Math.ceil(wholeNumber('BENCH_OBSERVATIONS', 200_000) / BATCH)
  const rounds = wholeNumber('BENCH_ROUNDS', 5)
  const seen: { rate: number; ceiling: number }[] = []
  for (let round = 0; round <= rounds; round++) {
    signal.throwIfAborted()
    const ceiling = (batches * BATCH) / rawSeconds(join(dir, `raw-${round}.db`), batches)
    const rate = (batches * BATCH) / (await storeSeconds(join(dir, `store-${round}.db`), batches))
    // The first warms up.
    if (round > 0) seen.push({ rate, ceiling })
    note(`round ${round} of ${rounds}: ${JSON.stringify({ rate, ceiling })}`)
  }
  const ceiling = median(seen.map((one) => one.ceiling))
  report({ figure: 'edge-store.rate', value: median(seen.map((one) => one.rate)), unit: 'rows/s', ceiling })
}

async function storeSeconds(file: string, batches: number): Promise<number> {
  const { streams } = await openStore({ kind: 'sqlite', file })
  try {
    await streams.insertRow(UUID, '2025-12-31 00:00:00', '0', null, null)
    const work = Array.from({ length: batches }, (_, n) => fetched(n))
    const started = performance.now()
    for (const batch of work) await streams.storeStreamObservations(UUID, batch, { provider: 'central', cursor: 'x' })
    return (performance.now() - started) / 1000
  } finally {
    await streams[Symbol.asyncDispose]()
  }
}

function fetched(batch: number): FetchedObservation[] {
  const stream = { id: 1, name: 'bitcoin', secondary: null, meta: null, description: null }
  return Array.from({ length: BATCH }, (_, n) => {
    const seconds = START_S + batch * BATCH + n
    const ts = new Date(seconds * 1000).toISOString().slice(0, 19)
    return {
      value: `${45_000 + (n % 100)}.50`,
      observed_at: `${seconds}`,
      hash: `${seconds.toString(16)}abcdef`,
      ts,
      stream_id: 1,
      stream,
    }
  })
}

function rawSeconds(file: string, batches: number): number {
  const database = new DatabaseSync(file)
  try {
    database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma journal_size_limit = 16777216')
    database.exec(`
      create table streams (id integer primary key autoincrement, uuid text unique not null, name text, last_synced text);
      create table stream_cursors (uuid text primary key not null, cursor text not null);
      create table "${UUID}" (ts TIMESTAMP NOT NULL, value TEXT NOT NULL, hash TEXT, provider TEXT);
      create index "${UUID}_ts" on "${UUID}" (ts)`)
    const upsert = database.prepare(
      'insert into streams (uuid, name, last_synced) values (?, ?, ?) on conflict (uuid) do update set name = excluded.name, last_synced = excluded.last_synced',
    )
    const cursor = database.prepare(
      'insert into stream_cursors (uuid, cursor) values (?1, ?2) on conflict (uuid) do update set cursor = ?2',
    )
    const insert = database.prepare(`
      insert into "${UUID}" (ts, value, hash, provider)
      select ?1, ?2, ?3, ?4
      where not exists (select 1 from "${UUID}" where ts = ?1 and coalesce(nullif(hash, ''), value) = coalesce(?5, ?2))
      on conflict do nothing`)
    const work = Array.from({ length: batches }, (_, n) =>
      fetched(n).map(({ ts, value, hash }) => [String(ts).replace('T', ' '), String(value), String(hash)] as const),
    )
    const started = performance.now()
    for (const batch of work) {
      database.exec('begin immediate')
      upsert.run(UUID, 'bitcoin', 'now')
      cursor.run(UUID, 'x')
      for (const [ts, value, hash] of batch) insert.run(ts, value, hash, 'central', hash)
      database.exec('commit')
    }
    return (performance.now() - started) / 1000
  } finally {
    database.close()
  }
}
