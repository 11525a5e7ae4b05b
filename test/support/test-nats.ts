import { jetstreamManager } from '@nats-io/jetstream'
import { type NatsConnection, connect } from '@nats-io/transport-node'
import { natsConnectOptions } from '../../infra/nats/nats-connect-options.ts'
import { afterTests } from './after-tests.ts'
import { sharedServers } from './shared-servers.ts'
import { claimAccount } from './test-accounts.ts'

export interface TestNats {
  /** With user and password: for `natsConnectOptions`, or for a process as its `NATS_URL`. */
  readonly url: string
  /** A new connection, closed when the tests are over unless the test did. */
  connect(): Promise<NatsConnection>
}

/**
 * A NATS account of its own, JetStream enabled and empty: stream names and subjects meet those of no other test.
 * Call it once per file (in a `before` hook), or once per test; it is emptied when the file's tests are over.
 */
export async function testNats(t: { readonly title: string }): Promise<TestNats> {
  const { natsUrl, runDir } = await sharedServers()
  const account = await claimAccount(runDir)
  const url = new URL(natsUrl)
  url.username = account.user
  const options = { ...natsConnectOptions(url.href), name: t.title }
  afterTests(async () => {
    await removeStreams(await connect(options))
    await account.release()
  })
  return {
    url: url.href,
    async connect() {
      const connection = await connect(options)
      afterTests(() => connection.close())
      return connection
    },
  }
}

async function removeStreams(connection: NatsConnection): Promise<void> {
  try {
    const manager = await jetstreamManager(connection)
    for await (const { config } of manager.streams.list()) await manager.streams.delete(config.name)
  } finally {
    await connection.close()
  }
}
