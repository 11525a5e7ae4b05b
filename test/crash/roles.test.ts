import { Svcm } from '@nats-io/services'
import test from 'ava'
import type pg from 'pg'
import { ulid } from 'ulid'
import type { Pharos } from '../../gateways/client/index.ts'
import { createPool } from '../../infra/postgres/pool.ts'
import { connectNats } from '../../gateways/cli/platform/connect-nats.ts'
import { projectorStatus, type ProjectorStatus } from '../../projections/lag.ts'
import { OWNER_LOCK } from '../../projections/ownership.ts'
import { PROJECTOR_TIMING } from '../../projections/projector-timing.ts'
import { afterTests, eventually } from '../support/infrastructure.ts'
import { compareWithReplay, endOf, type Installation, testInstallation } from './installation.ts'
import { postCommand } from './post-command.ts'
import type { ServedProcess, ServedRole } from './served-process.ts'

/** Lease, then a standby's next look, then what a busy machine adds. */
const TAKEOVER_MS = PROJECTOR_TIMING.lease + PROJECTOR_TIMING.standby * 1.25 + 45_000

test('two of each role share the work; a killed owner is succeeded by its standby', async (t) => {
  t.timeout(300_000)
  const installation = await testInstallation(t)
  const serve = (role: ServedRole): Promise<ServedProcess> => installation.serve(role)
  const [, , one, other, ...http] = await Promise.all([
    serve('commands'),
    serve('commands'),
    serve('projections'),
    serve('projections'),
    serve('http'),
    serve('http'),
  ])
  const client = await installation.client()
  await register(client, 'a', 400)
  for (const { api } of http) {
    const answer = await postCommand(api, await installation.token(), 'alias.register', registration(`http_${ulid()}`))
    t.is(answer.status, 200)
  }
  const shares = await requestsByProcess(installation)
  t.is(shares.length, 2)
  t.true(
    shares.every((requests) => requests > 0),
    `one of two took all commands: ${shares.join(', ')}`,
  )

  const watch = await watchProjector(installation)
  const owner = await eventually(() => watch.owner([one, other]), { timeoutMs: 60_000 })
  const standby = owner === one ? other : one
  t.is(await watch.owners(), 1)
  await standby.line(/projector aliases is standby/)

  const load = register(client, 'b', 400)
  await owner.kill('SIGKILL')
  await load
  await eventually(async () => (await watch.owner([standby])) === standby, { timeoutMs: TAKEOVER_MS })
  t.is(await watch.owners(), 1)
  const counted = await client.query('alias.count', {}, { minPosition: await endOf(watch.store), timeoutMs: 60_000 })
  t.like(counted, { status: 'ok', value: { total: 802 } })
  t.true(await equalsReplay(installation, watch))
})

test('a stopped owner loses its lease; continued, it notices, writes nothing stale and stands by', async (t) => {
  t.timeout(300_000)
  const installation = await testInstallation(t)
  const [one, other] = await Promise.all([installation.serve('projections'), installation.serve('projections')])
  await installation.serve('commands')
  const client = await installation.client()
  const watch = await watchProjector(installation)
  const owner = await eventually(() => watch.owner([one, other]), { timeoutMs: 60_000 })
  const standby = owner === one ? other : one

  // Under load, so that it is stopped with batches in hand.
  const load = register(client, 'c', 600)
  await eventually(async () => (await watch.status()).position > 50, { timeoutMs: 60_000, intervalMs: 2 })
  process.kill(owner.pid, 'SIGSTOP')
  const stoppedAt = performance.now()
  afterTests(async () => process.kill(owner.pid, 'SIGCONT'))
  await load
  await eventually(async () => (await watch.owner([standby])) === standby, { timeoutMs: TAKEOVER_MS })
  t.log(`taken over after ${Math.round(performance.now() - stoppedAt)} ms`)
  t.like(await client.query('alias.count', {}, { minPosition: await endOf(watch.store) }), {
    status: 'ok',
    value: { total: 600 },
  })

  const heard = owner.lines.length
  process.kill(owner.pid, 'SIGCONT')
  await register(client, 'd', 300)
  await eventually(() => owner.lines.slice(heard).some((line) => /projector aliases is standby/.test(line)), {
    timeoutMs: 60_000,
  })
  t.is(await watch.owner([one, other]), standby)
  t.is(await watch.owners(), 1)
  t.like(await client.query('alias.count', {}, { minPosition: await endOf(watch.store) }), {
    status: 'ok',
    value: { total: 900 },
  })
  t.deepEqual(watch.steppedBack, [])
  t.true(await equalsReplay(installation, watch))

  // It stands by in earnest: it takes over again when it is its turn.
  await standby.kill('SIGKILL')
  await eventually(async () => (await watch.owner([owner])) === owner, { timeoutMs: TAKEOVER_MS })
})

test('no process refuses from what it remembers', async (t) => {
  const installation = await testInstallation(t)
  const [a, b] = await Promise.all([installation.serve('http'), installation.serve('http')])
  const token = await installation.token()
  const send = async (at: ServedProcess, type: string, data: object): Promise<number> =>
    (await postCommand(at.api, token, type, data)).status
  const slot = { scope: { kind: 'global' }, name: 'Main_Power_Feed' }
  for (const [first, second] of [
    [a, b],
    [b, a],
    [a, b],
  ] as const) {
    t.is(await send(first, 'alias.register', registration(slot.name)), 200)
    t.is(await send(second, 'alias.register', registration(slot.name)), 409, 'taken, by the account of the other')
    t.is(await send(second, 'alias.remove', slot), 200)
    t.is(await send(first, 'alias.register', registration(slot.name)), 200, 'it remembers the name as taken')
    t.is(await send(second, 'alias.retarget', { ...slot, target: endpoint() }), 200, 'it remembers the name as gone')
    t.is(await send(first, 'alias.remove', slot), 200)
    t.is(await send(second, 'alias.remove', slot), 404)
  }
})

function endpoint(): object {
  return { kind: 'endpoint', url: `https://example.com/${ulid()}` }
}

function registration(name: string): object {
  return { scope: { kind: 'global' }, name, target: endpoint() }
}

/** Registers `count` names, 16 at a time. */
async function register(client: Pharos, prefix: string, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, number) => `${prefix}_${number}`).values()
  const sender = async (): Promise<void> => {
    for (const name of names) {
      const { status } = await client.send('alias.register', registration(name))
      if (status !== 'accepted' && status !== 'duplicate') throw new Error(`${name} was answered ${status}`)
    }
  }
  await Promise.all(Array.from({ length: 16 }, sender))
}

/** How many commands each process of the role has had, by its own account. */
async function requestsByProcess({ natsUrl }: Installation): Promise<readonly number[]> {
  const connection = await connectNats(natsUrl, 'roles test')
  const requests: number[] = []
  const asked = await new Svcm(connection)
    .client({ strategy: 'stall', maxWait: 2_000, maxMessages: 10 })
    .stats('pharos-commands')
  for await (const { endpoints } of asked) requests.push(endpoints?.[0]?.num_requests ?? 0)
  await connection.close()
  return requests
}

type Watch = Awaited<ReturnType<typeof watchProjector>>

/** Sees from outside, through Postgres, who owns the projector and how its checkpoint moves. */
async function watchProjector(installation: Installation) {
  const store = await installation.log()
  const pool = createPool({
    connectionString: installation.databaseUrl,
    applicationName: 'roles test',
    onError: () => undefined,
  })
  const steppedBack: string[] = []
  const stop = new AbortController()
  const observing = observe(pool, steppedBack, stop.signal)
  const end = async (): Promise<void> => {
    stop.abort()
    await observing
    if (!pool.ended) await pool.end()
  }
  afterTests(end)
  const status = async (): Promise<ProjectorStatus> => {
    const aliases = (await projectorStatus(pool, () => store.head())).find(({ name }) => name === 'aliases')
    if (aliases === undefined) throw new Error('the projector is not installed')
    return aliases
  }
  return {
    store,
    status,
    steppedBack,
    end,
    /** Which of the processes owns it now. */
    async owner(of: readonly ServedProcess[]): Promise<ServedProcess | undefined> {
      const { owner } = await status()
      return of.find(({ pid }) => owner?.endsWith(`:${pid}`) === true)
    },
    async owners(): Promise<number> {
      const { rows } = await pool.query<{ count: number }>(
        `select count(*)::integer as count from pg_locks where locktype = 'advisory' and granted and classid = $1::bigint::oid
         and objid = (hashtext('aliases')::bigint & 4294967295)::oid
         and database = (select oid from pg_database where datname = current_database())`,
        [OWNER_LOCK],
      )
      return rows[0]?.count ?? 0
    },
  }
}

/** Looks at the checkpoint again and again; writes down every step back. */
async function observe(pool: pg.Pool, steppedBack: string[], signal: AbortSignal): Promise<void> {
  let last = 0
  await eventually(
    async () => {
      const { rows } = await pool.query<{ position: string }>(
        `select position from pharos.projection_checkpoints where projector = 'aliases'`,
      )
      const position = Number(rows[0]?.position ?? 0)
      if (position < last) steppedBack.push(`from ${last} to ${position}`)
      last = position
      return signal.aborted
    },
    { timeoutMs: 120_000, intervalMs: 5 },
  )
}

/** The last thing to ask: a rebuild begins another generation. */
async function equalsReplay(installation: Installation, watch: Watch): Promise<boolean> {
  const compared = await compareWithReplay(installation, watch.store)
  return compared.status === 'swapped' && compared.tables.length >= 3 && compared.tables.every(({ isEqual }) => isEqual)
}
