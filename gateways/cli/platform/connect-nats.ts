import { connect, type NatsConnection } from '@nats-io/transport-node'
import { natsConnectOptions } from '../../../infra/nats/nats-connect-options.ts'

/** A connection that comes back by itself for ever: the client's own default gives up after ten tries. */
export function connectNats(urls: string, name: string): Promise<NatsConnection> {
  return connect({
    ...natsConnectOptions(urls),
    name,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    pingInterval: 10_000,
    timeout: 5000,
  })
}
