import test, { type ExecutionContext } from 'ava'
import { jetstreamManager } from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { backUp, BackupImpossible } from '../../infra/backup/back-up.ts'
import { NotABackup } from '../../infra/backup/read-backup.ts'
import { NotEmpty, restore } from '../../infra/backup/restore.ts'
import type { Write } from '../../commands/event-store.ts'
import { applyTopology } from '../../infra/jetstream/apply-topology.ts'
import { FencedEventStore } from '../../infra/jetstream/fenced-event-store.ts'
import { JetStreamEventStore } from '../../infra/jetstream/jetstream-event-store.ts'
import { RestoreUnfinished } from '../../infra/jetstream/restore-mark.ts'
import { streams, type StreamSpec } from '../../infra/streams.ts'
import { aggregateSubject } from '../../schemas/subjects.ts'
import { aWrite } from '../commands/a-write.ts'
import { commandedEvents } from '../crash/installation.ts'
import { afterTests, startProcess, testNats } from '../support/infrastructure.ts'

const signal = AbortSignal.timeout(120_000)

async function scratch(): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'pharos-backup-'))
  afterTests(() => rm(parent, { recursive: true, force: true }))
  return join(parent, 'backup')
}

async function installation(t: ExecutionContext) {
  const nats = await testNats(t)
  const connection = await nats.connect()
  await applyTopology(connection, streams)
  return { nats, connection, store: await JetStreamEventStore.open(connection) }
}

const take = (connection: NatsConnection, directory: string) =>
  backUp({ connection, streams, directory, signal, now: () => new Date() })
const bring = (connection: NatsConnection, directory: string, replace = false) =>
  restore({ connection, streams, directory, replace, signal })

function inCommand(write: Write, commandindex: number, commandcount: number): Write {
  return { ...write, envelope: { ...write.envelope, commandindex, commandcount } }
}

/** Appends commands of `size` events each until the store is stopped; answers how many. */
function keepWriting(store: JetStreamEventStore, size: number) {
  const stopping = new AbortController()
  let commands = 0
  const writing = (async () => {
    while (!stopping.signal.aborted) {
      const number = commands++
      const of = (_: unknown, index: number) =>
        inCommand(aWrite(aggregateSubject('load', `${number}-${index}`)), index, size)
      const { status } = await store.append(Array.from({ length: size }, of))
      if (status !== 'appended') throw new Error(`the load was ${status}`)
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await writing
      return commands
    },
  }
}

test('a backup taken under load restores the log to the byte, as another epoch, at the end of a command', async (t) => {
  const from = await installation(t)
  const pointer = await new Kvm(from.connection).open('schema')
  await pointer.put('alias_index.global', 'first')
  const revision = await pointer.put('alias_index.global', 'second')
  const load = keepWriting(from.store, 7)
  for (let i = 0; i < 50; i++) await from.store.append([aWrite(aggregateSubject('alias', `a${i}`))])
  const directory = await scratch()
  const manifest = await take(from.connection, directory)
  await load.stop()
  t.true((await from.store.head()).sequence >= manifest.sequence)

  const to = await (await testNats(t)).connect()
  const { epoch } = await bring(to, directory)
  const restored = await JetStreamEventStore.open(to)
  t.deepEqual(await restored.head(), { epoch, sequence: manifest.sequence })
  t.true(epoch > manifest.epoch)
  const events = await commandedEvents(restored)
  t.deepEqual(events, (await commandedEvents(from.store)).slice(0, manifest.sequence))
  const last = events.at(-1)?.envelope
  t.is(last?.commandindex, (last?.commandcount ?? 0) - 1)
  const copy = await (await new Kvm(to).open('schema')).get('alias_index.global')
  t.is(copy?.string(), 'second')
  t.is(copy?.revision, revision)
  const [ours, theirs] = await Promise.all(
    [from.connection, to].map(
      async (connection) =>
        (await (await jetstreamManager(connection)).streams.getMessage('EVENTS', { seq: manifest.sequence }))
          ?.timestamp,
    ),
  )
  t.is(ours, theirs)
  t.true((await applyTopology(to, streams)).every(({ status }) => status === 'unchanged'))
  // It goes on: with the revisions that the restored log has, and with no memory of what came after the backup.
  const again = await restored.append([aWrite(aggregateSubject('later', 'one'))])
  t.deepEqual(again, { status: 'appended', revisions: [manifest.sequence + 1] })
})

test('streams that were emptied, or have holes, go on with the sequences they had', async (t) => {
  const from = await installation(t)
  const spec: StreamSpec = {
    name: 'EMPTIED',
    subjects: ['emptied.>'],
    storage: 'file',
    retention: 'limits',
    discard: 'old',
  }
  const table = [...streams, spec, { ...spec, name: 'HOLES', subjects: ['holes.>'] }]
  await applyTopology(from.connection, table)
  await from.store.append([aWrite(aggregateSubject('alias', 'one'))])
  const manager = await jetstreamManager(from.connection)
  for (const name of ['emptied', 'holes']) for (let i = 0; i < 4; i++) await manager.jetstream().publish(`${name}.${i}`)
  await manager.streams.purge('EMPTIED')
  for (const sequence of [2, 4]) await manager.streams.deleteMessage('HOLES', sequence)
  const directory = await scratch()
  await backUp({ connection: from.connection, streams: table, directory, signal, now: () => new Date() })
  const to = await (await testNats(t)).connect()
  await restore({ connection: to, streams: table, directory, replace: false, signal })
  const restored = (await jetstreamManager(to)).streams
  t.like((await restored.info('EMPTIED')).state, { messages: 0, last_seq: 4 })
  t.like((await restored.info('HOLES')).state, { messages: 2, last_seq: 4 })
})

test('a backup is whole or not there, is readable by its owner only, and never overwrites', async (t) => {
  const { connection, store } = await installation(t)
  await store.append([aWrite(aggregateSubject('alias', 'one'))])
  const directory = await scratch()
  const aborted = backUp({ connection, streams, directory, signal: AbortSignal.abort(), now: () => new Date() })
  await t.throwsAsync(aborted)
  await t.throwsAsync(readdir(directory))
  await take(connection, directory)
  t.is((await stat(join(directory, 'EVENTS.snapshot'))).mode & 0o077, 0)
  await t.throwsAsync(take(connection, directory), { instanceOf: BackupImpossible })
})

test('a backup that has changed is refused before anything is touched', async (t) => {
  const from = await installation(t)
  await from.store.append([aWrite(aggregateSubject('alias', 'one'))])
  const directory = await scratch()
  await take(from.connection, directory)
  const file = join(directory, 'EVENTS.snapshot')
  const bytes = await readFile(file)
  const before = await from.store.head()
  const refused = async (what: RegExp): Promise<void> => {
    const error = await t.throwsAsync(bring(from.connection, directory, true), { instanceOf: NotABackup })
    t.regex(error.message, what)
    t.deepEqual(await from.store.head(), before)
  }
  const flipped = Buffer.from(bytes)
  flipped[bytes.length >> 1] = (flipped[bytes.length >> 1] ?? 0) ^ 1
  await writeFile(file, flipped)
  await refused(/EVENTS\.snapshot .*sha256/)
  await writeFile(file, bytes)
  await truncate(file, bytes.length - 1)
  await refused(/EVENTS\.snapshot .*sha256/)
  await rm(file)
  await refused(/EVENTS\.snapshot cannot be read/)
  await writeFile(join(directory, 'manifest.json'), '{"format":2}')
  await refused(/manifest\.json is damaged/)
  await rm(join(directory, 'manifest.json'))
  await refused(/no manifest\.json/)
})

test('an installation that holds messages is replaced only when told, and its processes append nothing more', async (t) => {
  const { connection, store } = await installation(t)
  await store.append([aWrite(aggregateSubject('alias', 'one'))])
  const directory = await scratch()
  await take(connection, directory)
  await store.append([aWrite(aggregateSubject('alias', 'two'))])
  const process = await FencedEventStore.open(store, connection)
  const refused = await t.throwsAsync(bring(connection, directory), { instanceOf: NotEmpty })
  t.regex(refused.message, /EVENTS/)
  t.is((await process.append([aWrite(aggregateSubject('alias', 'three'))])).status, 'appended')
  const { epoch } = await bring(connection, directory, true)
  await process.gone
  t.like(await process.append([aWrite(aggregateSubject('alias', 'four'))]), { status: 'unavailable' })
  t.deepEqual(await store.head(), { epoch, sequence: 1 })
  // One that starts now knows the new epoch.
  const fresh = await FencedEventStore.open(store, connection)
  t.is((await fresh.append([aWrite(aggregateSubject('alias', 'four'))])).status, 'appended')
})

test('a restore killed half-way leaves an installation that nothing starts on, and is run again', async (t) => {
  const from = await installation(t)
  for (let i = 0; i < 20; i++) await from.store.append([aWrite(aggregateSubject('alias', `a${i}`))])
  const directory = await scratch()
  const manifest = await take(from.connection, directory)
  const to = await testNats(t)
  const killed = await startProcess({
    file: new URL('restore-process.ts', import.meta.url),
    args: [to.url, directory],
    waitFor: /^restoring EVENTS/,
  })
  const connection = await to.connect()
  await t.throwsAsync(bring(connection, directory), { message: /another restore is under way/ })
  await killed.kill('SIGKILL')
  await t.throwsAsync(applyTopology(connection, streams), { instanceOf: RestoreUnfinished })
  const { epoch } = await bring(connection, directory)
  t.true((await applyTopology(connection, streams)).every(({ status }) => status === 'unchanged'))
  t.deepEqual(await (await JetStreamEventStore.open(connection)).head(), { epoch, sequence: manifest.sequence })
})
