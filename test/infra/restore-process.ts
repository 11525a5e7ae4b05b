import { connect, type NatsConnection } from '@nats-io/transport-node'
import { restore } from '../../infra/backup/restore.ts'
import { natsConnectOptions } from '../../infra/nats/nats-connect-options.ts'
import { streams } from '../../infra/streams.ts'

/** Restores a backup and hangs for good where the log's first bytes would be sent, so that a test can kill it there. */
const [url = '', directory = ''] = process.argv.slice(2)
const connection = await connect(natsConnectOptions(url))
const hanging = new Proxy(connection, {
  get(target, key) {
    const value: unknown = Reflect.get(target, key)
    if (typeof value !== 'function') return value
    if (key !== 'request') return value.bind(target)
    return (...[subject, ...rest]: Parameters<NatsConnection['request']>) => {
      if (!subject.startsWith('$JS.SNAPSHOT.RESTORE.EVENTS')) return target.request(subject, ...rest)
      console.log('restoring EVENTS')
      return new Promise(() => {})
    }
  },
})
await restore({ connection: hanging, streams, directory, replace: false, signal: AbortSignal.timeout(60_000) })
