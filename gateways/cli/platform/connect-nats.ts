import { type Authenticator, connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node'
import { type NatsFiles, natsConnectOptions } from '../../../infra/nats/nats-connect-options.ts'
import { withinTime } from '../../within-time.ts'
import { configFromEnvironment } from './environment.ts'

/**
 * A connection that comes back by itself for ever: the client's own default gives up after ten tries.
 * @throws Error that names the servers and what was wrong, when the first connect fails.
 */
export async function connectNats(
  urls: string,
  name: string,
  files: NatsFiles = configFromEnvironment(),
): Promise<NatsConnection> {
  return open(natsConnectOptions(urls, files), name)
}

/** The same servers, the same way, as somebody else. */
export async function connectNatsAs(
  urls: string,
  name: string,
  authenticator: Authenticator,
  files: NatsFiles = configFromEnvironment(),
): Promise<NatsConnection> {
  const { user: _, pass: __, token: ___, ...options } = natsConnectOptions(urls, files)
  return open({ ...options, authenticator }, name)
}

async function open(
  options: NodeConnectionOptions & { readonly servers: string[] },
  name: string,
): Promise<NatsConnection> {
  try {
    return await connect({
      ...options,
      name,
      maxReconnectAttempts: -1,
      ignoreAuthErrorAbort: true,
      reconnectTimeWait: 250,
      reconnectJitter: 250,
      // A server that freezes, or is cut off, breaks no connection: two unanswered pings do, after 10 to 15 s.
      pingInterval: 5_000,
      timeout: 5000,
      // Else every request takes a stack trace beforehand, in case it fails.
      noAsyncTraces: true,
    })
  } catch (cause) {
    const how = options.tls === undefined ? '' : ' over TLS'
    throw new Error(`there is no connection to NATS at ${options.servers.join(', ')}${how}`, { cause })
  }
}

const DRAIN_MS = 5000

/** Lets what was sent arrive, then closes. With the server away nothing can arrive: closes all the same, at once. */
export async function closeNats(connection: NatsConnection): Promise<void> {
  await withinTime(
    connection.drain().catch(() => undefined),
    DRAIN_MS,
  )
  await connection.close()
}
