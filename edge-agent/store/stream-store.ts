/** What is known of a stream, as a client keeps it. */
export interface StreamRow {
  readonly id: number
  /** `id` of the channel at the server. */
  readonly server_stream_id: number | null
  /** Names the table of its observations. */
  readonly uuid: string
  readonly name: string | null
  readonly secondary: string | null
  readonly meta: string | null
  readonly description: string | null
  /** When it was last heard of from the server; RFC 3339 in UTC. */
  readonly last_synced: string | null
  readonly created_at: string
}

/** What was heard of a stream. A field that is left out was not sent: what is known of it stays. `null` was sent, and clears. */
export interface StreamMetadata {
  readonly uuid: string
  readonly server_stream_id?: number | null | undefined
  readonly name?: string | null | undefined
  readonly secondary?: string | null | undefined
  readonly meta?: string | null | undefined
  readonly description?: string | null | undefined
}

/** One row of a stream's table. */
export interface ObservationRow {
  /** UTC, `2024-01-03 12:00:00`, with a fraction if there is one: so that rows sort by it as text. */
  readonly ts: string
  /** Decimal digits as they came. */
  readonly value: string
  readonly hash: string | null
  readonly provider: string | null
}

/** An observation as the server answers it; before streams had metadata, without `stream` and `stream_id`. */
export interface FetchedObservation {
  readonly value: string | number
  readonly hash?: string | null | undefined
  /** Seconds since 1970. */
  readonly observed_at?: string | number | null | undefined
  /** RFC 3339, in UTC where it says no offset. One of both must be there; `ts` counts. */
  readonly ts?: string | null | undefined
  readonly stream_id?: number | null | undefined
  readonly stream?:
    | {
        readonly id?: number | null | undefined
        readonly name?: string | null | undefined
        readonly secondary?: string | null | undefined
        readonly meta?: string | null | undefined
        readonly description?: string | null | undefined
      }
    | null
    | undefined
}

/**
 * A client's own store of streams: one table `streams`, and one table per stream, named by its UUID. The names of these
 * methods and tables are those that clients know. What has been stored is on the disk. All of them refuse what is no UUID
 * (HostileUuid), and throw StoreFull when there is no room, StoreCorrupt when the file is damaged.
 */
export interface StreamStore extends AsyncDisposable {
  /** Safe to call at every start, on a database of the old layout too: nothing that is there is touched. */
  createStreamsTable(): Promise<void>
  /** Keeps `id` and `created_at`, and what was not sent; moves `last_synced`. */
  upsertStream(stream: StreamMetadata): Promise<StreamRow>
  getStreamByUuid(uuid: string): Promise<StreamRow | undefined>
  /** The oldest of that name, or of that name and `secondary`. */
  getStreamByName(name: string, secondary?: string): Promise<StreamRow | undefined>
  getStreamUuidByName(name: string, secondary?: string): Promise<string | undefined>
  /** Oldest first. */
  getAllStreams(): Promise<readonly StreamRow[]>
  /** Streams that were not heard of since `before`, and those whose table is there but that nothing is known of. */
  getStaleStreams(before: Date): Promise<readonly string[]>
  /** Stores an observation, and what it says of its stream. Returns whether it is new. */
  storeStreamObservation(uuid: string, observation: FetchedObservation, provider?: string): Promise<boolean>
  /** The same of many, all or none. `cursor` is kept with them: where following goes on. Returns how many are new. */
  storeStreamObservations(
    uuid: string,
    observations: readonly FetchedObservation[],
    options?: { readonly provider?: string; readonly cursor?: string },
  ): Promise<number>
  /** Returns whether it is new. */
  insertRow(uuid: string, ts: string, value: string, hash: string | null, provider: string | null): Promise<boolean>
  /** In order of time; empty if there is no such table. */
  getTableData(uuid: string, limit?: number): Promise<readonly ObservationRow[]>
  /** Where following a stream goes on; `undefined` at its beginning. */
  getCursor(uuid: string): Promise<string | undefined>
}

/** Not the name of a stream's table. */
export class HostileUuid extends Error {
  override readonly name = 'HostileUuid'
}

/** The disk, or what the store may use of it, is full. Nothing of the call was stored. */
export class StoreFull extends Error {
  override readonly name = 'StoreFull'
}

/** The store's file is damaged. */
export class StoreCorrupt extends Error {
  override readonly name = 'StoreCorrupt'
}
