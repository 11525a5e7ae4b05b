import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@nats-io/transport-node'
import test from 'ava'
import { endProcess } from '../../infra/embedded/end-process.ts'
import { freePort } from '../../infra/embedded/free-port.ts'
import { findNatsServer } from '../../infra/embedded/nats-server-binary.ts'
import { startServerProcess } from '../../infra/embedded/server-process.ts'
import { afterTests, eventually } from '../support/infrastructure.ts'
import { A, aliasClient, B, PATIENT } from './alias-client.ts'
import { AliasIndexPublisher } from './alias-index-publisher.ts'

/** As docs/client.md says. */
const RIGHTS = {
  publish: [
    '$JS.API.DIRECT.GET.KV_schema',
    '$JS.API.CONSUMER.CREATE.KV_schema',
    '$JS.API.CONSUMER.CREATE.KV_schema.>',
    '$JS.API.CONSUMER.DELETE.KV_schema.>',
    '$JS.API.DIRECT.GET.OBJ_alias-index',
    '$JS.API.DIRECT.GET.OBJ_alias-index.>',
    '$JS.FC.KV_schema.>',
  ],
  subscribe: ['_INBOX.>'],
}

test('the rights that the documentation names are all that names need', async (t) => {
  const address = await serverWithRights()
  const publisher = await connect({ servers: address, user: 'publisher', pass: 'p' })
  afterTests(() => publisher.close())
  const site = await AliasIndexPublisher.open(publisher, { kind: 'site', site: 'KSEA' })
  await site.base([{ name: 'x', target: A }])
  const { aliases, faults } = await aliasClient(`nats://reader:r@${address}`)
  const bound = aliases.bind({ site: 'KSEA' })
  await bound.ready(PATIENT)
  await site.change({ set: [{ name: 'x', target: B }] })
  await eventually(() => bound.resolve('x')?.target === B, PATIENT)
  t.deepEqual(faults, [])
})

async function serverWithRights(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'pharos-rights-'))
  const address = `127.0.0.1:${await freePort()}`
  const permissions = JSON.stringify(RIGHTS)
  await writeFile(
    join(dir, 'server.conf'),
    `listen: "${address}"
    jetstream { store_dir: "${join(dir, 'data')}" }
    accounts { PHAROS: { jetstream: enabled, users: [
      { user: publisher, password: p }
      { user: reader, password: r, permissions: ${permissions} }
    ] } }`,
  )
  const { path } = await findNatsServer()
  const { pid } = await startServerProcess({
    name: 'nats-server',
    command: [path, '--config', join(dir, 'server.conf')],
    logFile: join(dir, 'server.log'),
    readyTimeoutMs: 30_000,
    stopSignal: 'SIGTERM',
    ready: async () => {
      const connection = await connect({ servers: address, user: 'publisher', pass: 'p' }).catch(() => undefined)
      await connection?.close()
      return connection !== undefined || undefined
    },
  })
  afterTests(async () => {
    await endProcess(pid, { signal: 'SIGTERM', timeoutMs: 60_000 })
    await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  })
  return address
}
