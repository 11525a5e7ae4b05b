import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { Pool } from 'pg'
import { nextDelay } from '../../edge-agent/agent.ts'
import { startEmbeddedPostgres } from '../../infra/embedded/embedded-postgres.ts'
import { freePort } from '../../infra/embedded/free-port.ts'
import { breakableLink } from '../infra/breakable-link.ts'
import { afterTests, eventually } from '../support/infrastructure.ts'
import { EdgeWorld } from './support/edge-world.ts'
import { fillFleet } from './support/fleet-source.ts'
import { inCopy, quickCopy, slowCopy } from './support/slow-copy.ts'
import { watchReaders, wholeState } from './support/watch-readers.ts'

const MINUTE = 60_000

test("the device's Postgres dies in the middle of COPY: old data when it is back, the failure in the ledger, new data soon", async (t) => {
  t.timeout(5 * MINUTE)
  const dataDir = await mkdtemp(join(tmpdir(), 'pharos-edge-pg-'))
  const options = { dataDir, port: await freePort(), durable: false } as const
  let postgres = await startEmbeddedPostgres(options)
  afterTests(async () => {
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
  })
  const edge = new Pool({ connectionString: postgres.url })
  edge.on('error', () => undefined)
  afterTests(() => edge.end())
  const world = await EdgeWorld.open(t, { device: { url: postgres.url, pool: edge } })
  await fillFleet(world.source, 'old', 1500)
  const running = await world.agent({ LOAD_TACTIC: 'shadow' })
  await world.syncTo(running)
  await slowCopy(edge, 0.002)
  await fillFleet(world.source, 'new', 1500)
  const next = await world.publish()
  const readers = watchReaders(edge)
  world.central.wake()
  await inCopy(edge)
  // As a crash: sessions end without a word, nothing is written down.
  process.kill(postgres.pid, 'SIGQUIT')
  await eventually(() => running.status.running === undefined && running.status.last?.status === 'failed', {
    timeoutMs: MINUTE,
  })
  postgres = await startEmbeddedPostgres(options)
  await eventually(() => quickCopy(edge).then(() => true), { timeoutMs: MINUTE })
  // Nobody wakes it: it tries again by itself, since the failure was its own.
  await eventually(() => running.status.lastSuccess?.manifestId === next.manifestId, { timeoutMs: MINUTE })
  await readers.stop()
  t.deepEqual([...readers.states].toSorted(), [wholeState('new', 1500), wholeState('old', 1500)])
  const runs = await world.ledger()
  t.is(runs.filter(({ status }) => status === 'running').length, 0)
  t.true(runs.some(({ status, manifestId }) => status === 'failed' && manifestId === next.manifestId))
  t.like(runs.at(-1), { status: 'success', manifestId: next.manifestId })
})

const mayMount =
  spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', 'mount -t tmpfs none /tmp']).status === 0
const withSmallDisk = mayMount ? test : test.skip
withSmallDisk('a full disk is a recorded failure that gives its space back; what fits is loaded next', async (t) => {
  t.timeout(5 * MINUTE)
  const world = await EdgeWorld.open(t)
  await fillFleet(world.source, 'small', 50)
  await world.publish()
  await world.process(
    { EDGE_DATA_DIR: join(world.dataDir, 'small') },
    new URL('support/on-small-disk.ts', import.meta.url),
  )
  if (world.central.manifest !== undefined) await world.settles(world.central.manifest)
  await fillFleet(world.source, 'large', 20_000)
  await world.source.query('update source.users set email = md5(user_id) || md5(email)')
  await world.publish()
  world.central.wake()
  await eventually(async () => (await world.ledger()).at(-1)?.status === 'failed', { timeoutMs: MINUTE })
  t.regex((await world.ledger()).at(-1)?.error ?? '', /ENOSPC/)
  const { rows } = await world.edge.query('select count(*)::int as users, min(name) as edition from pharos.users')
  t.deepEqual(rows, [{ users: 50, edition: 'small' }])
  await fillFleet(world.source, 'small again', 60)
  const fits = await world.publish()
  world.central.wake()
  await world.settles(fits)
})

test('without central the device starts and serves what it has; it syncs as soon as central is there', async (t) => {
  t.timeout(5 * MINUTE)
  const world = await EdgeWorld.open(t)
  await fillFleet(world.source, 'old', 20)
  const first = await world.agent()
  await world.syncTo(first)
  await first.stop()
  await world.central.stop()
  const running = await world.agent()
  t.like(await world.outcome(running), { status: 'away' })
  const status = await ask(running.url, '/status')
  t.like(status, { lastSuccess: { manifestId: world.central.manifest?.manifestId }, last: { status: 'away' } })
  t.is((await world.ledger()).length, 1, 'an outage of central is no failed sync')
  await fillFleet(world.source, 'new', 20)
  const next = await world.publish()
  await world.central.start(await world.nats.connect())
  world.central.wake()
  await world.becomes(running, next)
  await eventually(() => world.central.acks.length === 2)
})

test('a central that is busy is asked again: nothing is refused, no ack is lost; one that it will never take is dropped', async (t) => {
  t.timeout(5 * MINUTE)
  const world = await EdgeWorld.open(t)
  await fillFleet(world.source, 'old', 20)
  world.central.faults.sync = () => ({ status: 'refused', code: 'busy', message: '' })
  const running = await world.agent()
  t.like(await world.outcome(running), { status: 'away', message: 'central is busy' })
  world.central.faults = { ack: () => 'busy' }
  await world.syncTo(running)
  t.regex(await metrics(running.url), /^pharos_edge_pending_acks 1$/m)
  world.central.faults = {}
  t.like(await world.outcome(running), { status: 'unchanged' })
  t.is(world.central.acks.length, 1)
  world.central.faults.ack = () => 'foreign_manifest'
  await fillFleet(world.source, 'new', 20)
  await world.syncTo(running)
  await eventually(async () => /^pharos_edge_pending_acks 0$/m.test(await metrics(running.url)))
  t.is((await world.ledger()).length, 2)
})

test('a nats-server that is away for a while: the device asks as soon as it is back', async (t) => {
  t.timeout(5 * MINUTE)
  const world = await EdgeWorld.open(t)
  const link = await breakableLink(new URL(world.nats.url).host)
  const natsUrl = new URL(world.nats.url)
  natsUrl.host = link.address
  await fillFleet(world.source, 'old', 20)
  const running = await world.agent({ NATS_URL: natsUrl.href })
  await world.syncTo(running)
  link.cut()
  await eventually(async () => (await metrics(running.url)).includes('pharos_edge_central_connected 0'), {
    timeoutMs: MINUTE,
  })
  await fillFleet(world.source, 'new', 20)
  const next = await world.publish()
  link.mend()
  // Nobody wakes it.
  await eventually(() => running.status.lastSuccess?.manifestId === next.manifestId, { timeoutMs: MINUTE })
  t.like((await world.ledger()).at(-1), { status: 'success' })
})

test('a schema version to come raises an alarm and leaves the data as it is, until central has what this agent knows', async (t) => {
  t.timeout(5 * MINUTE)
  const world = await EdgeWorld.open(t)
  await fillFleet(world.source, 'old', 20)
  const running = await world.agent()
  await world.syncTo(running)
  await fillFleet(world.source, 'new', 20)
  await world.publish({ schemaVersion: 2 })
  t.like(await world.outcome(running), { status: 'refused', code: 'schema_version' })
  t.like(await ask(running.url, '/status'), {
    alarms: { schema_version: 'the manifest is of schema version 2, this agent knows 1: upgrade it' },
  })
  t.regex(await metrics(running.url), /^pharos_edge_schema_version_unknown 1$/m)
  t.regex(await metrics(running.url), /^pharos_edge_refusals_total\{code="schema_version"\} 1$/m)
  t.regex((await world.ledger()).at(-1)?.error ?? '', /^schema_version: /)
  await world.syncTo(running)
  t.deepEqual(((await ask(running.url, '/status')) as { alarms: object }).alarms, {})
  t.regex(await metrics(running.url), /^pharos_edge_schema_version_unknown 0$/m)
})

test('a clock that is off by two hours locks nobody out, by three it does, and says so', async (t) => {
  t.timeout(5 * MINUTE)
  const world = await EdgeWorld.open(t)
  await fillFleet(world.source, 'old', 5)
  world.now = () => Date.now() - 2 * 3_600_000 + 30_000
  const running = await world.agent()
  await world.syncTo(running)
  world.now = () => Date.now() - 3 * 3_600_000
  t.like(await world.outcome(running), { status: 'refused', code: 'expired' })
  t.regex((await world.ledger()).at(-1)?.error ?? '', /the clock is wrong/)
})

test('the API: health is open, the rest needs the token where there is one; a sync can be waited for', async (t) => {
  t.timeout(5 * MINUTE)
  const world = await EdgeWorld.open(t)
  await fillFleet(world.source, 'old', 5)
  await world.publish()
  const token = 'a token of this test only, 32 characters and more'
  const running = await world.agent({ API_TOKEN: token })
  t.deepEqual(await ask(running.url, '/healthz'), { status: 'ok' })
  for (const [method, path] of [
    ['GET', '/status'],
    ['GET', '/metrics'],
    ['POST', '/sync/now'],
  ] as const)
    t.is((await fetch(running.url + path, { method })).status, 401)
  const authorization = `Bearer ${token}`
  await eventually(() => running.status.lastSuccess !== undefined && running.status.running === undefined)
  const waited = await fetch(`${running.url}/sync/now?wait=true`, { method: 'POST', headers: { authorization } })
  t.like(await waited.json(), { status: 'unchanged', manifestId: world.central.manifest?.manifestId })
  const begun = await fetch(`${running.url}/sync/now`, { method: 'POST', headers: { authorization } })
  t.is(begun.status, 202)
  const seen = await (await fetch(`${running.url}/metrics`, { headers: { authorization } })).text()
  t.regex(seen, /^pharos_edge_table_rows\{table="users"\} 5$/m)
  t.regex(seen, /^pharos_edge_central_connected 1$/m)
})

test('what is observed on the device is kept while the platform is away, and bad input is named', async (t) => {
  t.timeout(5 * MINUTE)
  const world = await EdgeWorld.open(t)
  const running = await world.agent({ CENTRAL_URL: 'http://127.0.0.1:1', CENTRAL_API_KEY: 'phk_of_this_test' })
  const put = async (body: object) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${running.url}/observations`, { method: 'POST', headers, body: JSON.stringify(body) })
    return [answer.status, await answer.json()]
  }
  const one = { stream: '6f1c1c1e-0000-4000-8000-000000000001', value: '21.50', id: 'first' }
  t.deepEqual(await put(one), [202, { kept: true }])
  t.deepEqual(await put(one), [200, { kept: false }])
  t.like((await put({ ...one, value: 'NaN' }))[1], { code: 'observation_refused' })
  t.is((await put({ ...one, stream: '"; drop table streams' }))[0], 422)
  t.is((await put({ ...one, value: 21.5 }))[0], 422)
  // What the platform would refuse is refused here, and what it would take is taken.
  t.like((await put({ ...one, id: 'x'.repeat(129) }))[1], { detail: 'id must be text of 1 to 128 characters' })
  t.is((await put({ ...one, hash: '\u0000' }))[0], 422)
  t.is((await put({ ...one, id: '\u6c34'.repeat(128), hash: '\u0001'.repeat(128) }))[0], 202)
  t.like(await ask(running.url, '/status'), { observations: { isLinked: false, outbox: { waiting: 2, forwarded: 0 } } })
  t.regex(await (await fetch(`${running.url}/metrics`)).text(), /^pharos_edge_outbox_waiting 2$/m)
})

test('a fleet that was switched on at one moment spreads over the interval', (t) => {
  t.is(nextDelay(300_000, 0), 150_000)
  t.is(nextDelay(300_000, 1), 450_000)
})

async function ask(url: string, path: string): Promise<unknown> {
  return (await fetch(url + path)).json()
}

async function metrics(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`)).text()
}
