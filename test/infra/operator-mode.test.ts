import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import { connect, nkeys } from '@nats-io/transport-node'
import test, { type ExecutionContext } from 'ava'
import { type EmbeddedNats, startEmbeddedNats } from '../../infra/embedded/embedded-nats.ts'
import { readNatsAuthority } from '../../infra/nats/key-files.ts'
import { natsConnectOptions } from '../../infra/nats/nats-connect-options.ts'
import { isPublicNkey, newNkey, nkeyFromSeed } from '../../infra/nats/nkey.ts'

test('keys are those of any NATS tool: seeds, public keys and signatures are exchangeable', (t) => {
  for (const kind of ['operator', 'account', 'user'] as const) {
    const ours = newNkey(kind)
    const theirs = nkeys.fromSeed(new TextEncoder().encode(ours.seed))
    const bytes = randomBytes(99)
    t.is(theirs.getPublicKey(), ours.publicKey)
    t.true(theirs.verify(bytes, ours.sign(bytes)))
    t.is(nkeyFromSeed(kind, ours.seed).publicKey, ours.publicKey)
    t.true(isPublicNkey(kind, ours.publicKey))
  }
  const { seed, publicKey } = newNkey('user')
  t.throws(() => nkeyFromSeed('account', seed), { message: 'not a seed of account keys' })
  const wrong = `${seed.slice(0, -1)}${seed.endsWith('A') ? 'B' : 'A'}`
  t.throws(() => nkeyFromSeed('user', wrong), { message: 'not a seed of user keys' })
  for (const text of ['', 'U', publicKey.toLowerCase(), `${publicKey}A`, publicKey.slice(0, -1), seed])
    t.false(isPublicNkey('user', text), text)
})

test('the embedded server takes the platform with its creds, and nobody without', async (t) => {
  const dataDir = await scratch(t)
  const nats = await start(t, { dataDir })
  const connection = await connect(natsConnectOptions(nats.url))
  await jetstreamManager(connection)
  await connection.close()
  await t.throwsAsync(connect({ servers: new URL(nats.url).host, reconnect: false }), { message: /authorization/i })
  for (const file of await readdir(join(dataDir, 'keys'), { recursive: true, withFileTypes: true }))
    t.is((await stat(join(file.parentPath, file.name))).mode & 0o077, 0, file.name)
})

test('the same keys make the same configuration, so what a killed run left running is taken over', async (t) => {
  const dataDir = await scratch(t)
  const first = await start(t, { dataDir })
  const again = await start(t, { dataDir })
  t.like(again, { pid: first.pid, reused: true, url: first.url })
})

test('a data directory of the version before opens with its streams, consumers and buckets', async (t) => {
  const dataDir = await scratch(t)
  const before = await start(t, { dataDir, accounts: [{ name: 'PHAROS', user: 'pharos', password: 'secret' }] })
  await writeFile(join(dataDir, 'password'), 'secret')
  const old = await connect(natsConnectOptions(before.url))
  const manager = await jetstreamManager(old)
  await manager.streams.add({ name: 'EVENTS', subjects: ['evt.>'], metadata: { epoch: 'e' } })
  for (let i = 0; i < 3; i++) await jetstream(old).publish('evt.a', `event ${i}`)
  await manager.consumers.add('EVENTS', { durable_name: 'reader', ack_policy: AckPolicy.Explicit })
  const read = await (await jetstream(old).consumers.get('EVENTS', 'reader')).next()
  await read?.ackAck()
  await (await new Kvm(old).create('schema')).put('alias_index.global', 'pointer')
  await old.close()
  await before.stop()

  const after = await start(t, { dataDir })
  const now = await connect(natsConnectOptions(after.url))
  const { state, config } = await (await jetstreamManager(now)).streams.info('EVENTS')
  t.like(state, { messages: 3, last_seq: 3 })
  t.is(config.metadata?.['epoch'], 'e')
  t.is((await (await jetstream(now).consumers.get('EVENTS', 'reader')).next())?.string(), 'event 1')
  t.is((await (await new Kvm(now).open('schema')).get('alias_index.global'))?.string(), 'pointer')
  await jetstream(now).publish('evt.a', 'event 3')
  await now.close()
  await t.throwsAsync(stat(join(dataDir, 'password')), { code: 'ENOENT' })

  await after.stop()
  const later = await start(t, { dataDir })
  const last = await connect(natsConnectOptions(later.url))
  t.is((await (await jetstreamManager(last)).streams.info('EVENTS')).state.messages, 4)
  await last.close()
})

test('where both accounts have streams nobody is guessed for', async (t) => {
  const dataDir = await scratch(t)
  const nats = await start(t, { dataDir })
  await nats.stop()
  const authority = await readNatsAuthority(join(dataDir, 'keys'))
  const accounts = join(dataDir, 'jetstream', 'jetstream')
  await mkdir(join(accounts, 'PHAROS'), { recursive: true })
  await mkdir(join(accounts, authority?.app.publicKey ?? ''), { recursive: true })
  await t.throwsAsync(startEmbeddedNats({ dataDir }), { message: /both .+PHAROS and .+ hold streams/ })
})

async function start(
  t: ExecutionContext,
  options: Omit<Parameters<typeof startEmbeddedNats>[0], 'durable'>,
): Promise<EmbeddedNats> {
  const nats = await startEmbeddedNats({ ...options, durable: false })
  t.teardown(() => nats.stop())
  return nats
}

async function scratch(t: ExecutionContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'pharos-operator-'))
  t.teardown(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }))
  return dir
}
