/**
 * What this process' runner of a projector is doing.
 * `standby`: another process owns it. `catching-up`: owns it, behind the log. `live`: owns it, at the log's end.
 * `waiting`: for newer code. `stale`: until a rebuild. `failed`: stopped. `away`: Postgres or the log is, trying again.
 */
export interface ProjectorReport {
  readonly projector: string
  readonly state: 'standby' | 'catching-up' | 'live' | 'waiting' | 'stale' | 'failed' | 'away'
  readonly position?: number
  readonly error?: unknown
}
