import test, { type ExecutionContext } from 'ava'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { connectNats } from '../../gateways/cli/platform/connect-nats.ts'
import { backUp } from '../../infra/backup/back-up.ts'
import { type Infrastructure, startInfrastructure } from '../../infra/embedded/embedded-infrastructure.ts'
import { nameOfKey, placeOfKey } from '../../commands/personal/key-names.ts'
import { keyUsesIn } from '../../commands/personal/key-uses.ts'
import { JetStreamEventStore } from '../../infra/jetstream/jetstream-event-store.ts'
import { JetStreamKeyBucket } from '../../infra/jetstream/jetstream-key-bucket.ts'
import { streams } from '../../infra/streams.ts'
import { Installation } from '../crash/installation.ts'
import { postCommand } from '../crash/post-command.ts'
import { MASTER_KEY, SECRET_KEY } from '../crash/served-process.ts'
import { filesHolding } from '../support/files-holding.ts'
import { afterTests, eventually } from '../support/infrastructure.ts'
import { PharosCommand } from './pharos-command.ts'

/** Texts that stand nowhere by chance. */
const ANN = { name: 'Annegret Zwqxjvk', email: 'zwqxjvk@example.com', phone: '+49 30 5550177' }
const LATER = { name: 'Annegret Qvzkwpx', email: 'qvzkwpx@example.com' }
const TEXTS = [...Object.values(ANN), ...Object.values(LATER)]
const WAIT = { timeoutMs: 60_000 }

test('who is erased is nowhere any more: in no file of the servers, in no log, and in no restored backup', async (t) => {
  t.timeout(300_000)
  const at = await openInstallation(t)
  const served = await at.installation.serve('http', 'commands', 'projections')
  const token = await at.installation.token()
  const send = (api: string, type: string, data: object) => postCommand(api, token, type, data)

  t.is((await send(served.api, 'company.register', { companyId: 'c-1', name: 'Company' })).status, 200)
  t.is((await send(served.api, 'user.register', { userId: 'ann', companyId: 'c-1', ...ANN })).status, 200)
  t.is((await send(served.api, 'user.change', { userId: 'ann', ...LATER, phone: null })).status, 200)
  // Refused ones are noted too.
  t.is(
    (await send(served.api, 'user.register', { userId: 'ann', companyId: 'c-1', ...LATER })).body['code'],
    'user_exists',
  )
  t.is(
    (await send(served.api, 'user.change', { userId: 'ann', name: LATER.name, email: ANN.name })).body['code'],
    'invalid_data',
  )
  t.is((await send(served.api, 'user.register', { userId: 'bob', companyId: 'c-1', name: 'Bob' })).status, 200)

  await eventually(async () => (await at.users()).length === 2, WAIT)
  const wrapped = await at.wrappedKey('ann')
  t.deepEqual(await filesHolding(at.natsDir, TEXTS), [], 'no stream ever holds it')
  t.true((await filesHolding(at.natsDir, [wrapped])).length > 0, 'this is how a key looks on disk')
  t.true((await filesHolding(at.postgresDir, TEXTS)).length > 0, 'and this how a row does')
  const backup = join(at.scratch, 'backup')
  const signal = AbortSignal.timeout(240_000)
  await backUp({ connection: at.connection, streams, directory: backup, signal, now: () => new Date() })

  const erased = await at.pharos.run(['erase', 'ann', '--json'])
  t.is(erased.code, 0, erased.stderr)
  const carriedOut = JSON.parse(erased.stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>
  t.truthy(carriedOut['keyDestroyedAt'])
  t.truthy(carriedOut['scrubbedAt'])
  t.deepEqual(await filesHolding(at.natsDir, [...TEXTS, wrapped]), [])
  await eventually(async () => {
    // Postgres removes what its log and its files held with the checkpoints that follow.
    await at.client.query('select pg_switch_wal()')
    await at.client.query('checkpoint')
    return (await filesHolding(at.postgresDir, TEXTS)).length === 0
  }, WAIT)
  t.deepEqual(await at.users(), ['bob Bob'])

  const verified = await at.pharos.run(['audit', 'verify'])
  t.is(verified.code, 0, verified.stderr)
  const replayed = await at.pharos.run(['replay', '--subject', 'evt.user.>', '--json'])
  t.deepEqual(await readLog(replayed.stdout), ['erased erased', 'erased erased', 'Bob null', 'undefined undefined'])
  const again = await send(served.api, 'user.register', { userId: 'ann', companyId: 'c-1', ...ANN })
  t.is(again.body['code'], 'user_erased')
  // The backup knows nothing of this one.
  t.is((await send(served.api, 'user.register', { userId: 'cid', companyId: 'c-1', name: 'Cid' })).status, 200)
  t.is((await at.pharos.run(['erase', 'cid', '--no-wait'])).code, 0)
  await eventually(async () => {
    const { rows } = await at.client.query(
      `select 1 from pharos_system.erasures where person = 'cid' and key_destroyed_at is not null`,
    )
    return rows.length === 1
  }, WAIT)
  t.is(await served.kill('SIGTERM').then(async () => (await served.ended).code), 0)

  // Yesterday's backup knows nothing of it, and has the key.
  const restored = await at.pharos.run(['restore', backup, '--replace', '--json'])
  t.is(restored.code, 0, restored.stderr)
  t.is((JSON.parse(restored.stdout) as Record<string, unknown>)['erased'], 2)
  t.deepEqual(await filesHolding(at.natsDir, [...TEXTS, wrapped]), [])
  const anew = await at.installation.serve('http', 'commands', 'projections')
  t.is((await send(anew.api, 'user.change', { userId: 'ann', ...LATER })).body['code'], 'user_erased')
  const cid = await send(anew.api, 'user.register', { userId: 'cid', companyId: 'c-1', name: 'Somebody else' })
  t.is(cid.body['code'], 'user_erased', 'whom the log did not know either')
  const log = await at.pharos.run(['replay', '--subject', 'evt.user.>', '--json'])
  t.deepEqual(await readLog(log.stdout), [
    'erased erased',
    'erased erased',
    'Bob null',
    ...Array(2).fill('undefined undefined'),
  ])
  t.is((await at.pharos.run(['audit', 'verify'])).code, 0)
  t.deepEqual(await filesHolding(at.postgresDir, TEXTS), [])
  t.deepEqual(
    [...served.lines, ...anew.lines].filter((line) => TEXTS.some((text) => line.includes(text))),
    [],
  )
  await anew.kill('SIGTERM')
})

async function readLog(stdout: string): Promise<readonly string[]> {
  return stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { envelope: { data: Record<string, unknown> } }).envelope.data)
    .map(({ name, email }) => `${String(name)} ${String(email)}`)
}

/** Servers of this test alone, whose files can be looked at. */
async function openInstallation(t: ExecutionContext) {
  const scratch = await mkdtemp(join(tmpdir(), 'pharos-erasure-'))
  const infrastructure: Infrastructure = await startInfrastructure({ dataDir: join(scratch, 'data') })
  const { natsUrl, databaseUrl } = infrastructure
  const connection = await connectNats(natsUrl, t.title)
  const client = new Client(databaseUrl)
  client.on('error', () => undefined)
  await client.connect()
  afterTests(async () => {
    await connection.close()
    await client.end()
    await infrastructure.stop()
    await rm(scratch, { recursive: true, force: true, maxRetries: 5 })
  })
  const env = { NATS_URL: natsUrl, DATABASE_URL: databaseUrl, SECRET_KEY, MASTER_KEY }
  return {
    scratch,
    infrastructure,
    connection,
    client,
    async users(): Promise<readonly string[]> {
      const { rows } = await client.query<{ user_id: string; name: string }>(
        `select user_id, name from pharos.users order by user_id`,
      )
      return rows.map(({ user_id, name }) => `${user_id} ${name}`)
    },
    natsDir: join(scratch, 'data', 'nats'),
    postgresDir: join(scratch, 'data', 'postgres'),
    installation: new Installation({ natsUrl, databaseUrl }),
    pharos: new PharosCommand(join(scratch, 'unused'), env),
    async wrappedKey(person: string): Promise<string> {
      const [id = ''] = await keyUsesIn(await JetStreamEventStore.open(connection))(person)
      const placed = await (await JetStreamKeyBucket.open(connection)).read(nameOfKey(id, person))
      const wrapped = placed?.keys.status === 'sheet' ? placed.keys.keys[placeOfKey(id)] : undefined
      return wrapped ?? t.fail()
    },
  }
}
