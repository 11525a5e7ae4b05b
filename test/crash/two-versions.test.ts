import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import pg from 'pg'
import { afterTests, eventually } from '../support/infrastructure.ts'
import { checkLog } from './check-log.ts'
import { CommandLoad } from './command-load.ts'
import { commandedEvents, endOf, type Installation, testInstallation } from './installation.ts'
import { askHttp, postCommand } from './post-command.ts'
import { seededRandom } from './seeded-random.ts'
import { MASTER_KEY, SECRET_KEY, type ServedProcess, type ServedRole, serveProcess } from './served-process.ts'

const MAIN = fileURLToPath(new URL('../../gateways/cli/main.ts', import.meta.url))
const run = promisify(execFile)
const within = { timeoutMs: 60_000 }

const standing = '6f1c1c1e-0000-4000-8000-000000000001'
const changing = '6f1c1c1e-0000-4000-8000-000000000002'
const slot = { scope: { kind: 'context', context: 'lab' }, name: 'Feed' }
const endpoint = (path: string) => ({ kind: 'endpoint', url: `https://example.com/${path}` })

test('an older version beside a newer one waits where it cannot read, refuses what it cannot decide, and loses nothing', async (t) => {
  t.timeout(300_000)
  const installation = await testInstallation(t)
  const next = await nextRelease(installation)
  const token = await installation.token()
  const post = (at: ServedProcess, type: string, data: object) => postCommand(at.api, token, type, data)

  // What the older one wrote, before there was a newer one.
  const old = await installation.serve('http', 'commands', 'projections')
  for (const channelId of [standing, changing]) {
    t.is((await post(old, 'channel.register', { channelId, name: channelId.slice(-1) })).status, 200)
    t.is((await post(old, 'channel.describe', { channelId, unit: 'bar', meta: 'by the older' })).status, 200)
  }
  t.is((await post(old, 'alias.register', { ...slot, target: endpoint('a') })).status, 200)
  await eventually(async () => (await probe(old)).ready, within)
  t.deepEqual((await probe(old)).degraded, [])

  // The newer one migrates Postgres; the older one goes on, and says so.
  const newer = await next.serve('http', 'commands')
  const migrated = /a newer version has migrated Postgres \(9999-next-release\.sql\): replace this process/
  t.like(await probe(old), { ready: true })
  t.regex(String((await probe(old)).degraded), migrated)
  t.deepEqual((await probe(newer)).degraded, [])

  // The newer one reads what the older one wrote: a description that says nothing new is no event.
  const repeated = await post(newer, 'channel.describe', { channelId: changing, unit: 'bar', meta: 'by the older' })
  t.like(repeated, { status: 200, body: { status: 'accepted', events: [] } })
  const described = await post(newer, 'channel.describe', { channelId: changing, unit: 'psi' })
  t.like(described.body, { events: [{ data: { channelId: changing, changed: { unit: 'psi' } } }] })

  // Its only projector waits there; it is told of, not parked; the others go on.
  const waits = /^waiting for newer code at \d+, \d+ events \(\d+ s\) behind$/
  for (const process of [old, newer]) {
    const { ready, checks } = await eventually(async () => {
      const told = await probe(process)
      return waits.test(told.checks['projector channels'] ?? '') ? told : undefined
    }, within)
    t.false(ready)
    t.is(checks['projector aliases'], 'ok')
  }
  const metrics = await (await fetch(`${old.api}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text()
  t.regex(metrics, /^pharos_projector_state\{projector="channels",state="waiting"\} 1$/m)
  t.regex(metrics, /^pharos_ready 0$/m)
  t.is((await post(newer, 'alias.retarget', { ...slot, target: endpoint('b') })).status, 200)
  await eventually(async () => waits.test((await probe(old)).checks['projector aliases'] ?? ''), within)
  await eventually(async () => waits.test((await probe(old)).checks['projector alias_index'] ?? ''), within)
  t.deepEqual(await parkedIn(installation), [])

  // The older one refuses what it cannot decide, and decides all else.
  const unreadable = { status: 503, body: { code: 'unavailable' } }
  for (const [type, data] of [
    ['channel.describe', { channelId: changing, unit: 'Pa' }],
    ['channel.retire', { channelId: changing }],
    ['alias.remove', slot],
  ] as const) {
    const refused = await post(old, type, data)
    t.like(refused, unreadable)
    t.regex(String(refused.body['detail']), /newer than this version of Pharos/, type)
  }
  const observed = { stream: changing, value: '1', observed_at: new Date().toISOString() }
  t.like(
    await askHttp(`${old.api}/api/v1/observation`, token, { method: 'POST', body: JSON.stringify(observed) }),
    unreadable,
  )
  t.is((await post(old, 'channel.describe', { channelId: standing, unit: 'Pa' })).status, 200)

  // Both under one load; the newer one's projectors take over what waits, and the older one stands by.
  const client = await installation.client(60_000)
  const load = new CommandLoad(client, seededRandom(20_261_121))
  const endWave = await wave(load)
  const successor = await next.serve('projections')
  endWave()
  for (const process of [old, newer, successor]) await eventually(async () => (await probe(process)).ready, within)

  // Killed at work and started again beside what the newer one has made of the servers, it works on as before.
  const endSecond = await wave(load)
  const killed = old.kill('SIGKILL')
  endSecond()
  await killed
  const again = await installation.serve('http', 'commands', 'projections')
  await eventually(async () => (await probe(again)).ready, within)
  t.regex(String((await probe(again)).degraded), migrated)
  t.like(await post(again, 'alias.remove', slot), unreadable)
  t.is((await post(again, 'channel.describe', { channelId: standing, unit: 'mbar' })).status, 200)

  // The older one is gone: whatever it refused is done, and all that anybody was told stands.
  await again.kill('SIGKILL')
  await load.settled()
  const store = await installation.log()
  t.is((await post(newer, 'channel.describe', { channelId: changing, unit: 'Pa' })).status, 200)
  t.is((await post(newer, 'alias.remove', slot)).status, 200)
  const own = new Set(load.told.map(({ sent }) => sent.commandId))
  const events = await commandedEvents(store)
  t.deepEqual(
    checkLog(
      events.filter(({ envelope }) => own.has(envelope.commandid)),
      load.told,
    ),
    [],
  )
  t.true(events.some(({ envelope }) => envelope.type === 'pharos.alias.retargeted.v2'))
  t.true(events.some(({ envelope }) => envelope.type === 'pharos.channel.described.v1'))
  t.true(events.some(({ envelope }) => envelope.type === 'pharos.channel.described.v2'))
  t.like(await client.query('alias.count', {}, { minPosition: await endOf(store), timeoutMs: 60_000 }), {
    status: 'ok',
  })
  await eventually(async () => (await probe(newer)).ready, within)
  t.deepEqual(await parkedIn(installation), [])
  t.deepEqual(await channelsIn(installation), [
    { uuid: standing, unit: 'mbar', meta: 'by the older' },
    { uuid: changing, unit: 'Pa', meta: 'by the older' },
  ])
  for (const projector of ['channels', 'aliases', 'alias-index']) {
    const replayed = await next.pharos('rebuild', projector, '--json')
    t.like(replayed, { status: 'swapped' }, projector)
    const { tables } = replayed as { tables: readonly { isEqual: boolean }[] }
    t.true(tables.length > 0 && tables.every(({ isEqual }) => isEqual), projector)
  }
})

/** The version after this one, on the same servers. */
async function nextRelease(installation: Installation) {
  const migrations = await mkdtemp(join(tmpdir(), 'pharos-next-'))
  afterTests(() => rm(migrations, { recursive: true, force: true }))
  await cp(new URL('../../infra/migrations/', import.meta.url), migrations, { recursive: true })
  await writeFile(join(migrations, '9999-next-release.sql'), 'create table pharos_system.next_release ()')
  const env = {
    NODE_OPTIONS: `--import ${new URL('next-release.ts', import.meta.url).href}`,
    NEXT_RELEASE_MIGRATIONS: `${pathToFileURL(migrations).href}/`,
  }
  const { natsUrl, databaseUrl } = installation
  return {
    serve: (...roles: readonly ServedRole[]): Promise<ServedProcess> =>
      serveProcess({ natsUrl, databaseUrl, roles, env }),
    async pharos(...args: readonly string[]): Promise<unknown> {
      const own = { ...env, NATS_URL: natsUrl, DATABASE_URL: databaseUrl, SECRET_KEY, MASTER_KEY, JWKS_URL: '' }
      const { stdout } = await run(process.execPath, [MAIN, ...args], {
        env: { ...process.env, ...own },
        timeout: 60_000,
      })
      return JSON.parse(stdout)
    },
  }
}

/** Load that has come to some answers and goes on, until the answer is called. */
async function wave(load: CommandLoad): Promise<() => void> {
  const [end, before] = [new AbortController(), load.answered]
  load.run(end.signal)
  await eventually(() => load.answered > before + 100, within)
  return () => end.abort()
}

interface Probed {
  readonly ready: boolean
  readonly checks: Readonly<Record<string, string>>
  readonly degraded: readonly string[]
}

/** What the process says of itself, in any role. */
async function probe(process: ServedProcess): Promise<Probed> {
  const { probes } = JSON.parse(await process.line(/"msg":"ready"/)) as { probes: string }
  return (await (await fetch(`${probes}/readyz`)).json()) as Probed
}

async function parkedIn(installation: Installation): Promise<readonly unknown[]> {
  return rows(installation, 'select projector, aggregate, error from pharos.parked')
}

async function channelsIn(installation: Installation): Promise<readonly unknown[]> {
  return rows(installation, 'select uuid, unit, meta from pharos.channels order by uuid')
}

async function rows({ databaseUrl }: Installation, sql: string): Promise<readonly unknown[]> {
  const database = new pg.Client({ connectionString: databaseUrl })
  await database.connect()
  try {
    return (await database.query(sql)).rows
  } finally {
    await database.end()
  }
}
