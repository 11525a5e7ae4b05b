import type { Position } from '../../schemas/position.ts'

/** One message of stream `TELEMETRY`. */
export interface TelemetryMessage {
  readonly sequence: number
  /** `telemetry.<device>.<channel>` */
  readonly subject: string
  readonly data: Uint8Array
  /** When the stream took it, in milliseconds since 1970. */
  readonly takenAtMs: number
}

/** What the sink needs of the stream: to read it in order, and to know what it still has. */
export interface TelemetryLog {
  /** Every message from `fromSequence` on, in order, until `signal` aborts. What the stream has discarded is left out. */
  readAll(options: { readonly fromSequence: number; readonly signal: AbortSignal }): AsyncIterable<TelemetryMessage>
  /** Epoch and last sequence, and the first that it still has (one more than the last, if it is empty). */
  head(): Promise<Position & { readonly first: number }>
}
