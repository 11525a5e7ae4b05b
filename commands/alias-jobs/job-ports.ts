import type { LookAlikePolicy } from '../../domain/alias/decide-steps.ts'
import type { AccessPolicy } from '../access-policy.ts'
import type { CommandHandler } from '../command-handler.ts'
import type { EventStore } from '../event-store.ts'

/** What imports and rollbacks work with: the same handlers as every sender's commands, and the log to compare with. */
export interface JobPorts {
  readonly store: Pick<EventStore, 'readAll' | 'readAggregate' | 'head'>
  readonly aliases: CommandHandler
  readonly jobs: CommandHandler
  readonly policy: AccessPolicy
  /** The policy that `aliases` decides under. */
  readonly lookAlikes: LookAlikePolicy
  /** Epoch milliseconds. */
  readonly now: () => number
  /** How long a job goes on trying while the log does not answer, in milliseconds; ten minutes if left out. */
  readonly patienceMs?: number
}
