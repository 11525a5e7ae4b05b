import { escapeLiteral, type ClientBase } from 'pg'
import type { TableContent } from '../load/table-content.ts'
import { type UnsignedManifest, unsignedManifest } from '../../schemas/device-sync/manifest.ts'
import { type SyncAck, syncAck } from '../../schemas/device-sync/messages.ts'

/** Runs and acks that are kept: a device's disk is small. */
const KEPT_RUNS = 1000
const KEPT_ACKS = 256

/** What the database is, by its own word. */
export interface LedgerState {
  readonly applied: UnsignedManifest | undefined
  /** As read back when each table was loaded last. */
  readonly contents: ReadonlyMap<string, TableContent>
  readonly keysVersion: number
  readonly lastSuccessAt: string | undefined
  readonly lastCheckedAt: string | undefined
}

export interface PendingAck {
  readonly key: string
  readonly ack: SyncAck
}

/** The device's own record of what it was told to be and what it became: tables `edge_sync_…` of schema `pharos_edge`. */
export class Ledger {
  readonly #client: ClientBase

  constructor(client: ClientBase) {
    this.#client = client
  }

  async read(): Promise<LedgerState> {
    const { rows } = await this.#client.query<{ key: string; value: string }>(
      `select key, value from pharos_edge.edge_sync_state where not starts_with(key, 'ack:')`,
    )
    const state = new Map(rows.map(({ key, value }) => [key, value]))
    const { rows: tables } = await this.#client.query<{ table_name: string; row_count: string; sha256: string }>(
      `select table_name, row_count, sha256 from pharos_edge.edge_sync_tables
       where edge_sync_id = (select max(id) from pharos_edge.edge_sync_log where status = 'success')`,
    )
    const applied = unsignedManifest.safeParse(JSON.parse(state.get('applied_manifest') ?? 'null'))
    return {
      applied: applied.data,
      contents: new Map(
        tables.map(({ table_name, row_count, sha256 }) => [table_name, { rowCount: Number(row_count), sha256 }]),
      ),
      keysVersion: Number(state.get('signing_keys_version') ?? 0),
      lastSuccessAt: state.get('last_success_at'),
      lastCheckedAt: state.get('last_checked_at'),
    }
  }

  /** Ends what was begun and never finished: whoever did it was killed. Only with the lock, or it might be running. */
  async closeKilled(): Promise<number> {
    const { rowCount } = await this.#client.query(
      `update pharos_edge.edge_sync_log set status = 'failed', completed_at = clock_timestamp(),
         duration_ms = greatest(0, extract(epoch from clock_timestamp() - started_at) * 1000)::bigint,
         error_text = 'the agent, or its database, ended while this was running'
       where status = 'running'`,
    )
    return rowCount ?? 0
  }

  /** @returns the number of the run. */
  async begin(manifestId: string, startedAt: Date): Promise<string> {
    const { rows } = await this.#client.query<{ id: string }>(
      `insert into pharos_edge.edge_sync_log (manifest_id, started_at, status) values ($1, $2, 'running') returning id`,
      [manifestId, startedAt.toISOString()],
    )
    await this.#client.query(
      `delete from pharos_edge.edge_sync_log where id <= (select max(id) from pharos_edge.edge_sync_log) - $1
         and id <> (select coalesce(max(id), 0) from pharos_edge.edge_sync_log where status = 'success')`,
      [KEPT_RUNS],
    )
    return rows[0]?.id ?? ''
  }

  /** The manifest of the run was replaced by another while it was fetched. */
  async replaceManifest(id: string, manifestId: string): Promise<void> {
    await this.#client.query('update pharos_edge.edge_sync_log set manifest_id = $2 where id = $1', [id, manifestId])
  }

  /** SQL, for the transaction that makes the tables so. */
  successSql(run: {
    readonly id: string
    readonly manifest: UnsignedManifest
    readonly contents: ReadonlyMap<string, TableContent>
    readonly keysVersion: number
    readonly at: Date
    readonly ack: SyncAck
  }): string {
    const { id, manifest, contents, keysVersion, ack } = run
    const at = run.at.toISOString()
    const tables = [...contents].map(
      ([name, { rowCount, sha256 }]) => `(${id}, ${escapeLiteral(name)}, ${rowCount}, ${escapeLiteral(sha256)})`,
    )
    return `
      update pharos_edge.edge_sync_log set status = 'success', completed_at = ${escapeLiteral(at)},
        duration_ms = ${ack.durationMs} where id = ${id};
      insert into pharos_edge.edge_sync_tables (edge_sync_id, table_name, row_count, sha256) values ${tables.join(', ')};
      ${setSql({
        applied_manifest: JSON.stringify(manifest),
        last_manifest_id: manifest.manifestId,
        last_success_at: at,
        signing_keys_version: String(keysVersion),
        [ackKey(ack)]: JSON.stringify(ack),
      })}`
  }

  /**
   * Nothing of the manifest was used, unless the run is committed: then it stays a success, whatever broke before its agent
   * heard so. @param id the run's number, if one was begun.
   */
  async fail(run: {
    readonly id: string | undefined
    readonly manifestId: string | undefined
    readonly startedAt: Date
    readonly at: Date
    readonly error: string
    readonly ack: SyncAck | undefined
  }): Promise<void> {
    const { manifestId, startedAt, at, error, ack } = run
    const id = run.id ?? (await this.begin(manifestId ?? '', startedAt))
    const state = { last_error: error, ...(ack === undefined ? {} : { [ackKey(ack)]: JSON.stringify(ack) }) }
    await this.#client.query(
      `with failed as (
         update pharos_edge.edge_sync_log set status = 'failed', manifest_id = nullif(manifest_id, ''), completed_at = $2,
           duration_ms = $3, error_text = $4 where id = $1 and status = 'running' returning id)
       insert into pharos_edge.edge_sync_state (key, value)
       select key, value from failed, unnest($5::text[], $6::text[]) as said (key, value)
       on conflict (key) do update set value = excluded.value`,
      [
        id,
        at.toISOString(),
        Math.max(0, at.getTime() - startedAt.getTime()),
        error,
        Object.keys(state),
        Object.values(state),
      ],
    )
  }

  async set(state: Readonly<Record<string, string>>): Promise<void> {
    await this.#client.query(setSql(state))
  }

  /**
   * What central has not confirmed, oldest first: the newest of them. One that cannot be read (another version wrote it, or
   * somebody else) can never be sent, and goes as those do that are too many.
   */
  async pendingAcks(): Promise<readonly PendingAck[]> {
    const { rows } = await this.#client.query<{ key: string; value: string }>(
      `select key, value from pharos_edge.edge_sync_state where starts_with(key, 'ack:') order by key`,
    )
    const readable = rows.flatMap(({ key, value }): PendingAck[] => {
      const ack = readAck(value)
      return ack === undefined ? [] : [{ key, ack }]
    })
    const pending = readable.slice(-KEPT_ACKS)
    const kept = new Set(pending.map(({ key }) => key))
    const given = rows.map(({ key }) => key).filter((key) => !kept.has(key))
    if (given.length > 0)
      await this.#client.query('delete from pharos_edge.edge_sync_state where key = any($1::text[])', [given])
    return pending
  }

  /** Central has it, or will never take it. */
  async confirmed(key: string): Promise<void> {
    await this.#client.query('delete from pharos_edge.edge_sync_state where key = $1', [key])
  }
}

function readAck(text: string): SyncAck | undefined {
  try {
    return syncAck.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** Manifest ids are ULIDs: keys sort by time. Of the same outcome the last ack counts. */
function ackKey({ manifestId, status }: SyncAck): string {
  return `ack:${manifestId}:${status}`
}

function setSql(state: Readonly<Record<string, string>>): string {
  const values = Object.entries(state).map(([key, value]) => `(${escapeLiteral(key)}, ${escapeLiteral(value)})`)
  return `insert into pharos_edge.edge_sync_state (key, value) values ${values.join(', ')}
    on conflict (key) do update set value = excluded.value;`
}
