import type { ClientConfig } from 'pg'
import type { Position } from '../../schemas/position.ts'
import type { ProjectorReport } from '../projector-report.ts'
import type { ProjectorTiming } from '../projector-timing.ts'
import type { ChannelDirectory } from './channel-directory.ts'
import type { RefusedObservations } from './read-messages.ts'
import type { TelemetryLog } from './telemetry-log.ts'

/** What one transaction of the sink has done. */
export interface SinkBatch {
  /** Observations that are new. */
  readonly stored: number
  /** Observations that were there already. */
  readonly duplicates: number
  readonly refused: readonly RefusedObservations[]
  /** Messages that the stream had discarded before they were read. */
  readonly lost: number
  readonly seconds: number
}

export interface SinkOptions {
  /** How to reach Postgres: the sink keeps one session of its own, since its lock and its writes must share it. */
  readonly database: ClientConfig
  readonly log: TelemetryLog
  readonly directory: ChannelDirectory
  /** Names this process to people: shown as the owner. */
  readonly owner: string
  /** How far an observation may lie after the moment that the stream took it, in milliseconds. */
  readonly maxAheadMs: number
  /** How long observations are kept, in milliseconds; `undefined`: for good. */
  readonly keepMs?: number | undefined
  /** Epoch milliseconds; a matter of what is too old only. */
  readonly now: () => number
  readonly timing?: Partial<ProjectorTiming>
  /** Most messages and bytes that wait in memory, and that one transaction takes. */
  readonly limit?: { readonly messages: number; readonly bytes: number }
  /** What the sink is doing, whenever that changes. */
  readonly onReport?: (report: ProjectorReport) => void
  readonly onBatch?: (batch: SinkBatch) => void
  /** Observations up to here can be read: a hint for readers in this process who wait. */
  readonly onMove?: (projector: string, position: Position) => void
  /** Partitions were dropped, since what they held was too old. */
  readonly onDropped?: (partitions: readonly string[]) => void
}
