import test from 'ava'
import { jetstreamManager } from '@nats-io/jetstream'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EventStoreUnavailable } from '../../commands/event-store.ts'
import { KeyRing } from '../../commands/personal/key-ring.ts'
import { MasterKeys } from '../../commands/personal/master-keys.ts'
import { connectNats } from '../../gateways/cli/platform/connect-nats.ts'
import { applyTopology } from '../../infra/jetstream/apply-topology.ts'
import { JetStreamKeyBucket } from '../../infra/jetstream/jetstream-key-bucket.ts'
import { streams } from '../../infra/streams.ts'
import { PharosCommand } from '../e2e/pharos-command.ts'
import { afterTests, startProcess } from '../support/infrastructure.ts'
import { testInstallation } from './installation.ts'
import { SECRET_KEY } from './served-process.ts'

const MAIN = fileURLToPath(new URL('../../gateways/cli/main.ts', import.meta.url))
const OLD = 'the master key of yesterday, 32 bytes and more'
const NEW = 'the master key of tomorrow, 32 bytes and more'
const PEOPLE = 1_500

test('a master key is replaced while keys are read, by a command that was killed in the middle and run again', async (t) => {
  t.timeout(300_000)
  const at = await testInstallation(t)
  const connection = await connectNats(at.natsUrl, t.title)
  afterTests(() => connection.close())
  await applyTopology(connection, streams)
  const bucket = await JetStreamKeyBucket.open(connection)
  const before = new KeyRing(bucket, new MasterKeys([OLD]))
  const made = await Promise.all(Array.from({ length: PEOPLE }, (_, i) => before.ensure(`p${i}`, true)))
  await before.destroy('p7')

  const env = {
    NATS_URL: at.natsUrl,
    DATABASE_URL: at.databaseUrl,
    SECRET_KEY,
    MASTER_KEY: NEW,
    MASTER_KEY_PREVIOUS: OLD,
  }
  const pharos = new PharosCommand(join(tmpdir(), 'unused'), env)
  const masterKeys = { old: new MasterKeys([OLD]).current, new: new MasterKeys([NEW]).current }
  const status = async () => JSON.parse((await pharos.run(['keys', 'status', '--json'])).stdout) as Status

  t.deepEqual(await status(), {
    masterKey: masterKeys.new,
    wrapped: { [masterKeys.new]: 0, [masterKeys.old]: PEOPLE - 1 },
    erased: 1,
  })
  const rotation = await startProcess({
    file: MAIN,
    args: ['keys', 'rotate'],
    env,
    waitFor: / [1-4]0 % /,
    timeoutMs: 60_000,
  })
  await rotation.kill()
  const killed = await status()
  t.true(Number(killed.wrapped[masterKeys.new]) > 0, JSON.stringify(killed))
  t.true(Number(killed.wrapped[masterKeys.old]) > 0, JSON.stringify(killed))
  // Meanwhile every process reads all of them, whichever of the two it takes for the current one.
  for (const both of [new MasterKeys([OLD, NEW]), new MasterKeys([NEW, OLD])]) {
    const ring = new KeyRing(bucket, both)
    await ring.warm()
    t.deepEqual(
      ids(ring),
      made.map((key, i) => (i === 7 ? null : key?.id)),
    )
  }

  const rotated = await pharos.run(['keys', 'rotate', '--json'])
  t.is(rotated.code, 0, rotated.stderr)
  const counts = JSON.parse(rotated.stdout) as { rewrapped: number; current: number; erased: number }
  t.is(counts.rewrapped + counts.current, PEOPLE - 1)
  t.is(counts.erased, 1)
  t.deepEqual((await status()).wrapped, { [masterKeys.new]: PEOPLE - 1 })
  const after = new KeyRing(bucket, new MasterKeys([NEW]))
  await after.warm()
  t.deepEqual(
    ids(after),
    made.map((key, i) => (i === 7 ? null : key?.id)),
  )
  await t.throwsAsync(new KeyRing(bucket, new MasterKeys([OLD])).find('p1'), { instanceOf: EventStoreUnavailable })
  const { state } = await (await jetstreamManager(connection)).streams.info('KV_keys')
  t.is(state.messages, PEOPLE, 'nothing is left that the old one opens')
})

test('without the old master key nothing is replaced, and it says which one is missing; it can be given up', async (t) => {
  const at = await testInstallation(t)
  const connection = await connectNats(at.natsUrl, t.title)
  afterTests(() => connection.close())
  await applyTopology(connection, streams)
  const bucket = await JetStreamKeyBucket.open(connection)
  await new KeyRing(bucket, new MasterKeys([OLD])).ensure('ann', true)
  const env = { NATS_URL: at.natsUrl, DATABASE_URL: at.databaseUrl, SECRET_KEY, MASTER_KEY: NEW }
  const { code, stderr } = await new PharosCommand(join(tmpdir(), 'unused'), env).run(['keys', 'rotate'])
  t.is(code, 1)
  t.true(stderr.includes(new MasterKeys([OLD]).current), stderr)
  t.false(stderr.includes(OLD) || stderr.includes(NEW))
  t.is((await new KeyRing(bucket, new MasterKeys([OLD])).find('ann'))?.id.length, 12)

  await new KeyRing(bucket, new MasterKeys([NEW])).ensure('bob', true)
  const masterKeys = { old: new MasterKeys([OLD]).current, new: new MasterKeys([NEW]).current }
  const pharos = new PharosCommand(join(tmpdir(), 'unused'), env)
  const refused = await pharos.run(['keys', 'give-up', masterKeys.new])
  t.regex(refused.stderr, /is not lost/)
  const given = await pharos.run(['keys', 'give-up', masterKeys.old, '--json'])
  t.deepEqual(JSON.parse(given.stdout), { masterKey: masterKeys.old, persons: ['ann'] })
  const ring = new KeyRing(bucket, new MasterKeys([NEW]))
  t.is(await ring.find('ann'), undefined)
  t.truthy(await ring.find('bob'))
})

interface Status {
  readonly masterKey: string
  readonly wrapped: Readonly<Record<string, number>>
  readonly erased: number
}

function ids(ring: KeyRing): readonly (string | null | undefined)[] {
  return Array.from({ length: PEOPLE }, (_, i) => {
    const key = ring.peek(`p${i}`)
    return key === null ? null : key?.id
  })
}
