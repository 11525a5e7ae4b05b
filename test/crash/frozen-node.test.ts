import test from 'ava'
import { connectPharos } from '../../gateways/client/index.ts'
import { natsConnectOptions } from '../../infra/nats/nats-connect-options.ts'
import { afterTests, eventually, testDatabase } from '../support/infrastructure.ts'
import { Installation } from './installation.ts'
import { NatsCluster } from './nats-cluster.ts'

test('a node that freezes breaks no connection, and is left all the same: by clients, by processes, by the other nodes', async (t) => {
  t.timeout(180_000)
  const [cluster, database] = await Promise.all([NatsCluster.start(), testDatabase(t)])
  // Both on the node that is going to freeze.
  const urls = ['n2', 'n1', 'n3'].map((name) => cluster.urlOf(name))
  const installation = new Installation({ natsUrl: urls.join(','), databaseUrl: database.url })
  await installation.serve('http', 'commands', 'projections')
  const { servers, ...natsOptions } = natsConnectOptions(urls)
  const client = await connectPharos({
    servers,
    natsOptions: { ...natsOptions, noRandomize: true },
    token: await installation.token(),
  })
  afterTests(() => client.close())
  const scope = { kind: 'context', context: 'frontend' } as const
  const register = async (name: string): Promise<string> => {
    const target = { kind: 'endpoint', url: 'https://example.com/' }
    const result = await client.send('alias.register', { scope, name, target }, { timeoutMs: 60_000 })
    if (result.status === 'accepted' || result.status === 'duplicate') return result.position
    throw new Error(`answered ${JSON.stringify(result)}`)
  }
  const names = client.aliases.bind({ context: 'frontend' })
  await register('before')
  await eventually(() => names.resolve('before') !== undefined)

  const thaw = cluster.freeze('n2')
  afterTests(async () => thaw())
  const began = performance.now()
  const seconds = (): string => ((performance.now() - began) / 1000).toFixed(1)
  const minPosition = await register('after')
  t.log(`commands after ${seconds()} s`)
  t.like(await client.query('alias.count', {}, { minPosition, timeoutMs: 60_000 }), {
    status: 'ok',
    value: { total: 2 },
  })
  t.log(`queries after ${seconds()} s`)
  await eventually(() => names.resolve('after') !== undefined, { what: 'the change is known to the client' })
  t.log(`known in memory after ${seconds()} s`)
})
