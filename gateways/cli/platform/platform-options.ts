import type { Logger } from 'pino'
import type { MasterKeys } from '../../../commands/personal/master-keys.ts'
import type { ProjectorReport } from '../../../projections/projector-report.ts'
import type { Config } from '../../../schemas/config.ts'

/** What a process of Pharos is started with. */
export interface PlatformOptions {
  readonly config: Config
  readonly natsUrl: string
  readonly databaseUrl: string
  readonly secretKey: Uint8Array
  readonly masterKeys: MasterKeys
  readonly logger: Logger
  readonly embedded: boolean
  /** Told of every change of what a projector in this process does. */
  readonly onProjector?: (report: ProjectorReport) => void
}
