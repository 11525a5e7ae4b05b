import type { RecordedEvent } from '../schemas/envelope.ts'
import type { Concerns } from './held-aggregates.ts'
import type { ProjectionTransaction } from './projection-transaction.ts'

/** Tables in a schema of their own, `pharos_<name>_v<N>`, with a checkpoint, and the views that show them. */
export type Installable = Pick<Projector, 'name' | 'version' | 'tables' | 'completion' | 'personal' | 'views'> & {
  /** Its rows are made of no log: tables that nobody shows were restored, and are shown; never made anew. */
  readonly isData?: true
}

/**
 * Turns events into tables. It owns one schema per generation, `pharos_<name>_v<N>`, with its tables and its
 * checkpoint. All SQL names tables bare: the search path is the generation's schema wherever it runs.
 */
export interface Projector {
  /** Lower-case letters and `_`: part of the schema's name. */
  readonly name: string
  /** Raise it when the tables or their meaning change: what stands then is stale until it is rebuilt. */
  readonly version: number
  /** The stream that it reads; left out: `EVENTS`. */
  readonly stream?: 'AUDIT' | 'SYNC'
  /** It reads events as they are stored, and never what is known of people: what it writes stays true after an erasure. */
  readonly sealed?: true
  /** NATS filters of the events that it reads. */
  readonly subjects: readonly string[]
  /**
   * Newest schema version that it knows of each event on those subjects; at a newer or unknown one it waits. `any`: it
   * looks into no event's data, so it takes whatever stands in the log, and what is no event too.
   */
  readonly eventVersions: Readonly<Record<string, number>> | 'any'
  /** Least time between two batches of its live owner, in milliseconds: many events then cost one transaction. Left out: none. */
  readonly pace?: number
  /**
   * How many events `apply` is given at a time in a bulk load: 300 for who does not ask the tables each time. What is read ahead and
   * written is then little beside the garbage of all, and dies young; otherwise it is copied, twice. Left out: 2,000.
   */
  readonly bulkBatch?: number
  /** DDL of the tables, with those keys only that `apply` needs to find rows. */
  readonly tables: string
  /**
   * What makes loaded tables complete: all other indexes and constraints, and the rows of tables that are derived from
   * others. Each piece stands alone: a rebuild runs them side by side when the tables are full, the largest first.
   */
  readonly completion: readonly string[]
  /** Tables with what follows from more than the stream still has: a rebuild cannot give the same, and is not asked to. Left out: none. */
  readonly remembered?: readonly string[]
  /** Columns that show what is known of people, by table: their statistics are not kept, and they are rewritten after an erasure. */
  readonly personal?: Readonly<Record<string, readonly string[]>>
  /** Public views in schema `pharos`: name → its query, with the columns listed. */
  readonly views: Readonly<Record<string, string>>
  /** Of events that are held back; for who publishes what is made of the tables. Must not throw. Left out: nothing. */
  readonly concerns?: Concerns
  /**
   * Writes what the events, in order and of whole commands only, change. Called within the transaction that moves the
   * checkpoint. Must give the same rows however the events are split into batches. What it throws, and is not
   * an outage of Postgres, is the events' fault: their command is parked.
   */
  apply(batch: readonly RecordedEvent[], transaction: ProjectionTransaction): Promise<void>
  /** Writes what `apply` has put off in a bulk load, where it may: until the events that follow are known, or these have been read. */
  finishLoad?(transaction: ProjectionTransaction): Promise<void>
}
