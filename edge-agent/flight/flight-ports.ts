import type { Logger } from 'pino'
import type { DeviceTable } from '../../schemas/device-sync/device-tables.ts'
import type { DeviceIdentity } from '../../schemas/device-sync/messages.ts'
import type { Central } from '../central/central.ts'
import type { ChunkDirectory } from '../chunks/chunk-directory.ts'
import type { Tactic } from '../load/load-plan.ts'
import type { EdgeMetrics } from '../observe/edge-metrics.ts'
import type { SyncStatus } from '../observe/sync-status.ts'

/** What a sync is made with. */
export interface FlightPorts {
  readonly identity: Pick<DeviceIdentity, 'deviceId' | 'mac' | 'rootKey'>
  readonly databaseUrl: string
  readonly central: Central
  readonly chunks: ChunkDirectory
  /** Tables by the schema versions that this agent knows. */
  readonly catalogue: ReadonlyMap<number, readonly DeviceTable[]>
  readonly tactic: Tactic | 'auto'
  readonly maxBytes: number
  readonly swapPatienceMs: number
  /** How long central may stay away in the middle of a download, in milliseconds. */
  readonly fetchPatienceMs: number
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly logger: Logger
  readonly metrics: EdgeMetrics
  readonly status: SyncStatus
}
