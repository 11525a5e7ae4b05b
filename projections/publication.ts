import type { ClientBase } from 'pg'
import type { Position } from '../schemas/position.ts'
import type { EventLog } from './event-log.ts'

/** What a projector's owner has when it begins: its session, which nobody else uses, and where its tables stand. */
export interface Tenure {
  readonly client: ClientBase
  readonly log: EventLog
  readonly generation: number
  readonly at: Position
  /** Where the log ended at the beginning. */
  readonly head: Position
  readonly signal: AbortSignal
  /** Says so on the session if it was silent for a while: to be called within whatever takes long without it. */
  alive(): Promise<void>
}

/** Shows a projector's tables outside of Postgres: buckets, streams. */
export interface Publication {
  /** A tenure begins: another owner may have published since the last, or the tables been made anew. */
  begin(tenure: Tenure): Promise<Publisher>
}

/** Publishes for one tenure. What it throws ends the tenure, and the next tries again. */
export interface Publisher {
  /** The tables stand at `at`, and nothing changes them before this resolves. Must do nothing where nothing is new. */
  publish(at: Position): Promise<void>
}
