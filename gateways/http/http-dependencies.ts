import type { Registry } from 'prom-client'
import type { Logger } from 'pino'
import type { JobPorts } from '../../commands/alias-jobs/job-ports.ts'
import type { AccessPolicy } from '../../commands/access-policy.ts'
import type { CommandBus } from '../../commands/command-bus.ts'
import type { Authenticator } from '../authentication/authenticator.ts'
import type { ApiKeySecrets } from '../authentication/api-key-secrets.ts'
import type { QueryBus } from '../query-bus.ts'

/** What the process is able to do now; each check by name, in words. */
export interface Readiness {
  readonly ready: boolean
  readonly checks: Readonly<Record<string, string>>
}

export interface HttpDependencies {
  readonly bus: CommandBus
  readonly jobs: JobPorts
  readonly queries: QueryBus
  readonly authenticator: Pick<Authenticator, 'remembered' | 'authenticate'>
  readonly policy: AccessPolicy
  readonly apiKeySecrets: ApiKeySecrets
  readonly readiness: () => Promise<Readiness>
  readonly metrics: {
    /** Absent: `/metrics` is not served. */
    readonly registry?: Registry
    /** Mean duration of the queries so far, in milliseconds. */
    meanQueryMs(): number
  }
  readonly logger: Logger
  /** A fresh ULID, for commands of REST routes that carry no id of their own. */
  readonly newId: () => string
  readonly version: string
  readonly limits: {
    /** Requests of one credential, and failed attempts from one address, in a minute. */
    readonly requestsPerMinute: number
    /** How long a request without a file may take to arrive in full, in milliseconds. 30 s. */
    readonly arrivalMs?: number
  }
  /** Whether `/docs` needs no credential: for embedded and development use. */
  readonly openDocs: boolean
}
