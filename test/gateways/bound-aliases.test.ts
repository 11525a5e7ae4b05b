import test from 'ava'
import { connectPharos } from '../../gateways/client/index.ts'
import { natsConnectOptions } from '../../infra/nats/nats-connect-options.ts'
import { eventually, testNats } from '../support/infrastructure.ts'
import { AliasIndexPublisher } from './alias-index-publisher.ts'

const A = '0b8f3a52-8a0e-4c4e-9d75-1f1f6a0e0001'
const B = '0b8f3a52-8a0e-4c4e-9d75-1f1f6a0e0002'

test('names resolve from memory, the nearest level first', async (t) => {
  const nats = await testNats(t)
  const connection = await nats.connect()
  const site = await AliasIndexPublisher.open(connection, { kind: 'site', site: 'KSEA' })
  const global = await AliasIndexPublisher.open(connection, { kind: 'global' })
  await site.base([
    { name: 'Pump', target: A },
    { node: 'gate-4', name: 'Pump', target: B, id: 7 },
  ])
  await global.base([{ name: 'Clock', target: 'https://clock.example/' }])
  const { servers, ...natsOptions } = natsConnectOptions(nats.url)
  const pharos = await connectPharos({ servers, natsOptions, token: 'none' })
  t.teardown(() => pharos.close())
  const node = pharos.aliases.bind({ site: 'KSEA', node: 'gate-4' })
  await node.ready()
  t.deepEqual(node.resolve('PUMP'), {
    name: 'Pump',
    target: B,
    kind: 'channel',
    scope: { kind: 'node', site: 'KSEA', node: 'gate-4' },
    id: 7,
    expiresAt: 0,
  })
  t.like(node.resolve('clock'), { target: 'https://clock.example/', kind: 'endpoint', scope: { kind: 'global' } })
  t.is(node.resolve('nothing'), undefined)
  await site.change({ remove: [{ node: 'gate-4', name: 'pump' }] })
  await eventually(() => node.resolve('pump')?.target === A)
})
