import test, { type ExecutionContext } from 'ava'
import { jetstreamManager } from '@nats-io/jetstream'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EventStoreUnavailable } from '../../commands/event-store.ts'
import { KeyRing } from '../../commands/personal/key-ring.ts'
import { keyUsesIn } from '../../commands/personal/key-uses.ts'
import { liveKeys } from '../../commands/personal/live-keys.ts'
import { MasterKeys } from '../../commands/personal/master-keys.ts'
import { PersonalEventStore } from '../../commands/personal/personal-event-store.ts'
import { connectNats } from '../../gateways/cli/platform/connect-nats.ts'
import { applyTopology } from '../../infra/jetstream/apply-topology.ts'
import { JetStreamEventStore } from '../../infra/jetstream/jetstream-event-store.ts'
import { JetStreamKeyBucket } from '../../infra/jetstream/jetstream-key-bucket.ts'
import { streams } from '../../infra/streams.ts'
import { aggregateSubject } from '../../schemas/subjects.ts'
import { PharosCommand } from '../e2e/pharos-command.ts'
import { registration } from '../projections/user-events.ts'
import { afterTests, startProcess } from '../support/infrastructure.ts'
import { testInstallation } from './installation.ts'
import { SECRET_KEY } from './served-process.ts'

const MAIN = fileURLToPath(new URL('../../gateways/cli/main.ts', import.meta.url))
const OLD = 'the master key of yesterday, 32 bytes and more'
const NEW = 'the master key of tomorrow, 32 bytes and more'
const NAMES = { old: new MasterKeys([OLD]).current, new: new MasterKeys([NEW]).current }
/** Of 300 sheets and more: so long takes a rotation that it can be killed in the middle. */
const PEOPLE = 20_000

async function open(t: ExecutionContext) {
  const at = await testInstallation(t)
  const connection = await connectNats(at.natsUrl, t.title)
  afterTests(() => connection.close())
  await applyTopology(connection, streams)
  const bucket = await JetStreamKeyBucket.open(connection)
  const log = await JetStreamEventStore.open(connection)
  const env = { NATS_URL: at.natsUrl, DATABASE_URL: at.databaseUrl, SECRET_KEY, MASTER_KEY: NEW }
  return { connection, bucket, log, env }
}

test('a master key is replaced while keys are read, by a command that was killed in the middle and run again', async (t) => {
  t.timeout(300_000)
  const at = await open(t)
  const { connection, bucket } = at
  const ids = new Map<string, string>()
  const ring = (...texts: [string, ...string[]]): KeyRing =>
    new KeyRing({ bucket, masterKeys: new MasterKeys(texts), uses: async (person) => [ids.get(person) ?? t.fail()] })
  const before = ring(OLD)
  const people = Array.from({ length: PEOPLE }, (_, i) => `p${i}`)
  await Promise.all(people.map(async (person) => ids.set(person, (await before.ensure(person, true))?.id ?? t.fail())))
  await before.destroy('p7')
  let made = 0
  for await (const [, { keys }] of bucket.all()) made += liveKeys(keys)
  t.true(made >= PEOPLE - 1)

  const env = { ...at.env, MASTER_KEY_PREVIOUS: OLD }
  const pharos = new PharosCommand(join(tmpdir(), 'unused'), env)
  const status = async () => JSON.parse((await pharos.run(['keys', 'status', '--json'])).stdout) as Status
  t.deepEqual(await status(), { masterKey: NAMES.new, wrapped: { [NAMES.new]: 0, [NAMES.old]: made }, erased: 1 })
  const rotation = await startProcess({
    file: MAIN,
    args: ['keys', 'rotate'],
    env,
    waitFor: / [1-4]0 % /,
    timeoutMs: 60_000,
  })
  await rotation.kill()
  const killed = await status()
  t.true(Number(killed.wrapped[NAMES.new]) > 0, JSON.stringify(killed))
  t.true(Number(killed.wrapped[NAMES.old]) > 0, JSON.stringify(killed))
  const isReadBy = async (keys: KeyRing): Promise<void> => {
    for (const [person, id] of ids)
      if ((await keys.find(person, id))?.id !== (person === 'p7' ? undefined : id)) return t.fail(person)
  }
  // Meanwhile every process reads all of them, whichever of the two it takes for the current one.
  await isReadBy(ring(OLD, NEW))
  await isReadBy(ring(NEW, OLD))

  const rotated = await pharos.run(['keys', 'rotate', '--json'])
  t.is(rotated.code, 0, rotated.stderr)
  const counts = JSON.parse(rotated.stdout) as { rewrapped: number; current: number; erased: number }
  t.is(counts.rewrapped + counts.current, made)
  t.is(counts.erased, 1)
  t.deepEqual((await status()).wrapped, { [NAMES.new]: made })
  await isReadBy(ring(NEW))
  await t.throwsAsync(ring(OLD).find('p1', ids.get('p1') ?? ''), { instanceOf: EventStoreUnavailable })
  const { state } = await (await jetstreamManager(connection)).streams.info('KV_keys')
  t.is(state.messages, state.num_subjects ?? 0, 'nothing is left that the old one opens')
})

test('without the old master key nothing is replaced, and it says which one is missing; it can be given up', async (t) => {
  const { bucket, log, env } = await open(t)
  const uses = keyUsesIn(log)
  const storeWith = (text: string) =>
    new PersonalEventStore(log, new KeyRing({ bucket, masterKeys: new MasterKeys([text]), uses }))
  const nameOf = async (store: PersonalEventStore, person: string) =>
    (await store.readAggregate(aggregateSubject('user', person)))[0]?.envelope.data['name']
  t.is((await storeWith(OLD).append([registration('ann', 'Ann Ames')])).status, 'appended')
  const pharos = new PharosCommand(join(tmpdir(), 'unused'), env)
  const { code, stderr } = await pharos.run(['keys', 'rotate'])
  t.is(code, 1)
  t.true(stderr.includes(NAMES.old), stderr)
  t.false(stderr.includes(OLD) || stderr.includes(NEW))
  t.is(await nameOf(storeWith(OLD), 'ann'), 'Ann Ames')

  t.is((await storeWith(NEW).append([registration('bob', 'Bob Bell')])).status, 'appended')
  const refused = await pharos.run(['keys', 'give-up', NAMES.new])
  t.regex(refused.stderr, /is not lost/)
  const given = await pharos.run(['keys', 'give-up', NAMES.old, '--json'])
  t.deepEqual(JSON.parse(given.stdout), { masterKey: NAMES.old, persons: ['ann'] })
  t.is(await nameOf(storeWith(NEW), 'ann'), 'erased')
  t.is(await nameOf(storeWith(NEW), 'bob'), 'Bob Bell')
  // Repeated, since it may have been cut off, it names them all the same.
  t.deepEqual(JSON.parse((await pharos.run(['keys', 'give-up', NAMES.old, '--json'])).stdout), {
    masterKey: NAMES.old,
    persons: ['ann'],
  })
  const status = JSON.parse((await pharos.run(['keys', 'status', '--json'])).stdout) as Status
  t.deepEqual(status.wrapped, { [NAMES.new]: 64 })
})

interface Status {
  readonly masterKey: string
  readonly wrapped: Readonly<Record<string, number>>
  readonly erased: number
}
