/** What a sync came to. */
export type Outcome =
  /** The tables are now what the manifest says. */
  | { readonly status: 'success'; readonly manifestId: string }
  | { readonly status: 'unchanged'; readonly manifestId: string }
  | Fault

/** The data is what it was. */
export type Fault =
  /** The manifest was not taken: `code` of trust/refusal.ts. */
  | { readonly status: 'refused'; readonly code: string; readonly message: string; readonly manifestId?: string }
  /** Central does not answer. The data stays, and it is tried again. */
  | { readonly status: 'away'; readonly message: string }
  | { readonly status: 'failed'; readonly message: string; readonly manifestId?: string }

/** How far the sync that goes on now has come. */
export interface SyncProgress {
  readonly why: string
  readonly startedAt: string
  step: string
  manifestId?: string
  /** Compressed bytes that came, and how many rows are to be loaded and have been. */
  fetchedBytes: number
  rows: number
  totalRows: number
  table?: string
}

/** What `GET /status` tells, kept by the flight. */
export class SyncStatus {
  running: SyncProgress | undefined
  last: (Outcome & { readonly at: string; readonly durationMs: number }) | undefined
  lastSuccess: { readonly manifestId: string; readonly at: string } | undefined
  /** Something that somebody must do something about. */
  readonly alarms = new Map<'schema_version' | 'dangling_foreign_keys' | 'observations_store', string>()
}
