import test from 'ava'
import pg from 'pg'
import { aliasClient, PATIENT } from '../gateways/alias-client.ts'
import { SseReader } from '../gateways/sse-reader.ts'
import { afterTests, eventually } from '../support/infrastructure.ts'
import { compareWithReplay, testInstallation, wholeLog } from './installation.ts'
import { askHttp, postCommand } from './post-command.ts'

const SITE = { kind: 'site', site: 'SEA' } as const
const MANY = 120

test('watchers hear once that an alias has expired, whoever is killed meanwhile; then rows, index and history say so', async (t) => {
  t.timeout(300_000)
  const installation = await testInstallation(t)
  const [served, first] = await Promise.all([
    installation.serve('http', 'commands'),
    installation.serve('projections', 'commands'),
  ])
  const token = await installation.token()
  const register = async (name: string, expiresAt: number | null) => {
    const target = { kind: 'channel', channelId: crypto.randomUUID() }
    const data = { scope: SITE, name, target, expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString() }
    t.is((await postCommand(served.api, token, 'alias.register', data)).status, 200)
  }
  await register('stays', null)
  const { aliases } = await aliasClient(installation.natsUrl)
  const bound = aliases.bind({ site: SITE.site })
  await eventually(() => bound.ready(PATIENT).then(() => bound.resolve('stays')), PATIENT)
  const told = new Map<string, string[]>()
  bound.onAlias(({ change, name }) => told.set(name, [...(told.get(name) ?? []), change]))
  const listener = await SseReader.open(`${served.api}/api/events?type=alias.expired`, {
    authorization: `Bearer ${token}`,
  })

  const expiresAt = Date.now() + 6_000
  const names = Array.from({ length: MANY }, (_, n) => `brief-${n}`)
  await Promise.all(names.map((name) => register(name, expiresAt)))
  await eventually(() => names.every((name) => told.get(name)?.[0] === 'set'), PATIENT)

  // Killed as soon as the first of them is said; somebody else goes on.
  await listener.until(1)
  await first.kill('SIGKILL')
  await installation.serve('projections')
  await listener.until(MANY)
  const pool = new pg.Pool({ connectionString: installation.databaseUrl })
  afterTests(() => pool.end())
  const left = () => pool.query<{ alias: string }>('select alias from pharos.aliases order by alias')
  await eventually(async () => (await left()).rowCount === 1, PATIENT)
  t.deepEqual((await left()).rows, [{ alias: 'stays' }])
  await eventually(() => bound.status().scopes.find(({ scope }) => scope === 'site.SEA')?.aliases === 1, PATIENT)

  // What comes last is heard last: nothing of the expired ones came after.
  await register('last', null)
  await eventually(() => told.has('last'), PATIENT)
  t.deepEqual(
    names.filter((name) => told.get(name)?.join() !== 'set,expired'),
    [],
  )
  t.deepEqual(told.get('stays'), undefined)
  const store = await installation.log()
  const events = (await wholeLog(store)).filter(({ envelope }) => envelope.type === 'pharos.alias.expired.v1')
  t.is(events.length, MANY)
  t.is(new Set(events.map(({ subject }) => subject)).size, MANY)
  t.is(listener.events.length, MANY)
  t.true(events.every(({ envelope }) => Date.parse(envelope.time) >= expiresAt))

  const history = await askHttp(`${served.api}/api/aliases/global/brief-7/history?site=SEA`, token)
  t.like(history.body['entries'], [
    { type: 'alias.registered', actor: 'crash-test' },
    { type: 'alias.expired', actor: 'pharos:alias-expiry' },
  ])
  const audit = await askHttp(`${served.api}/api/audit?actor=pharos:alias-expiry&limit=1`, token)
  t.like(audit, { status: 200 })
  t.is((audit.body['entries'] as readonly unknown[]).length, 1)
  t.like(await compareWithReplay(installation, store), { status: 'swapped' })
})
