import type { NatsConnection } from '@nats-io/transport-node'
import type { Pool } from 'pg'
import type { JobPorts } from '../../../../commands/alias-jobs/job-ports.ts'
import type { AccessPolicy } from '../../../../commands/access-policy.ts'
import type { CommandBus } from '../../../../commands/command-bus.ts'
import type { CommandHandler } from '../../../../commands/command-handler.ts'
import type { PersonKeys } from '../../../../commands/personal/person-keys.ts'
import type { IngestPorts } from '../../../../commands/observation/ingest-ports.ts'
import type { EventStore } from '../../../../commands/event-store.ts'
import type { CredentialBook } from '../../../devices/credential-book.ts'
import type { DevicePorts } from '../../../devices/device-ports.ts'
import type { ApiKeySecrets } from '../../../authentication/api-key-secrets.ts'
import type { LogHistory } from '../../../../projections/as-of/log-history.ts'
import type { CheckpointWatch } from '../../../../projections/wait-for-position.ts'
import type { Authenticator } from '../../../authentication/authenticator.ts'
import type { Readiness } from '../../../http/http-dependencies.ts'
import type { Metrics } from '../../../observability/metrics.ts'
import type { DeviceKeys } from '../device-keys.ts'
import type { Logs } from '../logs.ts'
import type { PlatformOptions } from '../platform-options.ts'

/** What every role of a process is made of. A role starts, and is disposed of when it has drained. */
export interface RoleParts extends PlatformOptions {
  readonly connection: NatsConnection
  readonly store: EventStore
  /** The keys of people, which the store seals with. */
  readonly personKeys: PersonKeys
  readonly logs: Logs
  /** The log as time travel reads it. */
  readonly history: LogHistory
  readonly pool: Pool
  /** Where readers wait for a projector to reach a position. */
  readonly watch: CheckpointWatch
  /** The keys that this process was given to serve devices with. */
  readonly deviceKeys: DeviceKeys
  /** Credentials of devices, as the log has them. */
  readonly book: CredentialBook
  /** What device sync works with; absent where there are no keys to sign with. */
  readonly devicePorts: DevicePorts | undefined
  readonly bus: CommandBus
  /** Commands about the fleet, those too that no sender gives. */
  readonly fleet: CommandHandler
  /** For gateways: a command came without a valid credential. */
  readonly onUnauthorized: (type: string, message: string) => void
  readonly jobs: JobPorts
  /** Where observations go, and what is known of their channels. */
  readonly observations: IngestPorts
  readonly policy: AccessPolicy
  readonly authenticator: Authenticator
  readonly secrets: ApiKeySecrets
  readonly metrics: Metrics
  readonly readiness: () => Promise<Readiness>
}
