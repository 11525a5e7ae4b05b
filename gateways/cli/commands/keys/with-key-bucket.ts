import type { NatsConnection } from '@nats-io/transport-node'
import { JetStreamKeyBucket } from '../../../../infra/jetstream/jetstream-key-bucket.ts'
import { connectNats } from '../../platform/connect-nats.ts'
import { reachServers } from '../../platform/reach-servers.ts'

/** Does something with the keys of this installation, and closes the connection. */
export async function withKeyBucket<T>(
  work: (bucket: JetStreamKeyBucket, connection: NatsConnection) => Promise<T>,
): Promise<T> {
  const { natsUrl } = await reachServers()
  const connection = await connectNats(natsUrl, 'pharos keys')
  try {
    return await work(await JetStreamKeyBucket.open(connection), connection)
  } finally {
    await connection.close()
  }
}
