import type { Registry } from 'prom-client'
import type { Logger } from 'pino'
import type { JobPorts } from '../../commands/alias-jobs/job-ports.ts'
import type { AccessPolicy } from '../../commands/access-policy.ts'
import type { CommandBus } from '../../commands/command-bus.ts'
import type { IngestPorts } from '../../commands/observation/ingest-ports.ts'
import type { Authenticator } from '../authentication/authenticator.ts'
import type { ApiKeySecrets } from '../authentication/api-key-secrets.ts'
import type { CredentialBook } from '../devices/credential-book.ts'
import type { DeviceEnrolment } from '../devices/device-enrolment.ts'
import type { DevicePorts, PayloadSource } from '../devices/device-ports.ts'
import type { EventFeed } from '../feed/event-feed.ts'
import type { QueryBus } from '../query-bus.ts'

/** What the process is able to do now; each check by name, in words. */
export interface Readiness {
  readonly ready: boolean
  readonly checks: Readonly<Record<string, string>>
  /** What is not as it should be, though the process does its work; in words. */
  readonly degraded: readonly string[]
}

/** What the probes of a process need, whatever else it serves. */
export interface ProbeDependencies {
  readonly authenticator: Pick<Authenticator, 'remembered' | 'authenticate'>
  readonly policy: AccessPolicy
  /** Told of every request to change something without a valid credential: the type of the command, if the path names it. */
  readonly onUnauthorized?: (type: string, message: string) => void
  readonly readiness: () => Promise<Readiness>
  readonly metrics: {
    /** Absent: `/metrics` is not served. */
    readonly registry?: Registry
    /** Told of every answered request; `route` as it was declared. */
    request(method: string, route: string, status: number, seconds: number): void
    /** Mean duration of the queries so far, in milliseconds. */
    meanQueryMs(): number
  }
  readonly logger: Logger
  readonly limits: {
    /** Requests of one credential, and failed attempts from one address, in a minute. */
    readonly requestsPerMinute: number
    /** By then a request must have arrived in full, in milliseconds; 30,000 unless told. */
    readonly requestTimeoutMs?: number
    /** A connection on which nothing moves for so long is closed, in milliseconds; 60,000 unless told. */
    readonly stallMs?: number
  }
  /** Certificate chain and private key, PEM. Absent: plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined
  /** Whether `/docs` needs no credential: for embedded and development use. */
  readonly openDocs: boolean
}

/** What devices are served with over HTTP, and given credentials with. */
export interface HttpDevices {
  readonly ports: DevicePorts
  readonly payloads: PayloadSource
  readonly book: Pick<CredentialBook, 'of' | 'ofApiKey' | 'find' | 'soon'>
  readonly enrolment: DeviceEnrolment
  /** Longest that an answer waits for a device that takes nothing of it, in milliseconds; a minute unless told. */
  readonly stallMs?: number
}

export interface HttpDependencies extends ProbeDependencies {
  /** Absent: there are no keys here to sign for devices with. */
  readonly devices?: HttpDevices | undefined
  readonly bus: CommandBus
  readonly jobs: JobPorts
  readonly queries: QueryBus
  /** Where observations go. */
  readonly observations: IngestPorts
  /** Alias events, live. */
  readonly feed: EventFeed
  readonly limits: ProbeDependencies['limits'] & {
    /** Event streams open at once, of one credential and of all together. */
    readonly streamsPerCredential: number
    readonly streams: number
    /** Exports on their way at once, of one credential (4 unless told) and of all together (32). */
    readonly exportsPerCredential?: number
    readonly exports?: number
    /** How often an event stream shows that it lives, and that its credential is good, in milliseconds. */
    readonly beatMs: number
  }
  readonly apiKeySecrets: ApiKeySecrets
  /** A fresh ULID, for commands of REST routes that carry no id of their own. */
  readonly newId: () => string
  readonly version: string
}
