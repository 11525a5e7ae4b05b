import type { NodeConnectionOptions } from '@nats-io/transport-node'
import type { AliasesOptions } from './aliases/aliases.ts'
import { IndexFault } from './aliases/index-fault.ts'
import { NatsLink } from './nats-link.ts'
import { Pharos } from './pharos.ts'

export interface PharosOptions {
  /** `host:port` of NATS servers. */
  readonly servers: string | string[]
  /** A JWT, or what gives a fresh one each time. Either this or `apiKey`. */
  readonly token?: string | (() => string | Promise<string>)
  readonly apiKey?: string
  /** Whatever else the NATS connection needs: TLS, user, credentials. */
  readonly natsOptions?: Omit<NodeConnectionOptions, 'servers'>
  /** How long a command or query is tried, in milliseconds, unless it says otherwise. 10 s. */
  readonly timeoutMs?: number
  /** The alias index in memory. With a `directory` the client also starts without NATS, and connects later. */
  readonly aliases?: AliasesOptions
}

const TIMEOUT_MS = 10_000

/**
 * Connects to Pharos. The connection comes back by itself for ever; only this first attempt fails if no server is there,
 * and not even it with `aliases.directory`: names then resolve as of last time, and commands wait for a server.
 * @throws RangeError without a credential, or with two.
 */
export async function connectPharos(options: PharosOptions): Promise<Pharos> {
  const { servers, token, apiKey, natsOptions = {}, timeoutMs = TIMEOUT_MS, aliases = {} } = options
  if ((token === undefined) === (apiKey === undefined)) throw new RangeError('give either a token or an apiKey')
  const credential = async (): Promise<readonly [header: string, value: string]> =>
    apiKey === undefined
      ? ['Authorization', `Bearer ${typeof token === 'function' ? await token() : token}`]
      : ['Pharos-Api-Key', apiKey]
  const link = await NatsLink.open({
    name: 'pharos client',
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    // A server that freezes, or is cut off, breaks no connection: two unanswered pings do, after 10 to 15 s.
    pingInterval: 5_000,
    timeout: 5_000,
    ...natsOptions,
    servers,
    patient: aliases.directory !== undefined,
    onFailedAttempt: (error) => aliases.onFault?.(IndexFault.of(error, '')),
  })
  return new Pharos({ link, credential, timeoutMs, aliases })
}
