import type { NatsConnection } from '@nats-io/transport-node'
import type { Pool } from 'pg'
import type { JobPorts } from '../../../../commands/alias-jobs/job-ports.ts'
import type { AccessPolicy } from '../../../../commands/access-policy.ts'
import type { CommandBus } from '../../../../commands/command-bus.ts'
import type { PersonKeys } from '../../../../commands/personal/person-keys.ts'
import type { EventStore } from '../../../../commands/event-store.ts'
import type { ApiKeySecrets } from '../../../authentication/api-key-secrets.ts'
import type { LogHistory } from '../../../../projections/as-of/log-history.ts'
import type { CheckpointWatch } from '../../../../projections/wait-for-position.ts'
import type { Authenticator } from '../../../authentication/authenticator.ts'
import type { Readiness } from '../../../http/http-dependencies.ts'
import type { Metrics } from '../../../observability/metrics.ts'
import type { Logs } from '../logs.ts'
import type { PlatformOptions } from '../platform.ts'

/** What every role of a process is made of. A role starts, and is disposed of when it has drained. */
export interface RoleParts extends PlatformOptions {
  readonly connection: NatsConnection
  readonly store: EventStore
  /** The keys of people, which the store seals with. */
  readonly keys: PersonKeys
  readonly logs: Logs
  /** The log as time travel reads it. */
  readonly history: LogHistory
  readonly pool: Pool
  /** Where readers wait for a projector to reach a position. */
  readonly watch: CheckpointWatch
  readonly bus: CommandBus
  /** For gateways: a command came without a valid credential. */
  readonly onUnauthorized: (type: string, message: string) => void
  readonly jobs: JobPorts
  readonly policy: AccessPolicy
  readonly authenticator: Authenticator
  readonly secrets: ApiKeySecrets
  readonly metrics: Metrics
  readonly readiness: () => Promise<Readiness>
}
