import { connect, type NodeConnectionOptions } from '@nats-io/transport-node'
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
}

const TIMEOUT_MS = 10_000

/**
 * Connects to Pharos. The connection comes back by itself for ever; only this first attempt fails if no server is there.
 * @throws RangeError without a credential, or with two.
 */
export async function connectPharos(options: PharosOptions): Promise<Pharos> {
  const { servers, token, apiKey, natsOptions = {}, timeoutMs = TIMEOUT_MS } = options
  if ((token === undefined) === (apiKey === undefined)) throw new RangeError('give either a token or an apiKey')
  const credential = async (): Promise<readonly [header: string, value: string]> =>
    apiKey === undefined
      ? ['Authorization', `Bearer ${typeof token === 'function' ? await token() : token}`]
      : ['Pharos-Api-Key', apiKey]
  const connection = await connect({
    name: 'pharos client',
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    ...natsOptions,
    servers,
  })
  return new Pharos({ connection, credential, timeoutMs })
}
