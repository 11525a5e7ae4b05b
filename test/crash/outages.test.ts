import test, { type ExecutionContext } from 'ava'
import { ulid } from 'ulid'
import { withinTime } from '../../gateways/within-time.ts'
import { eventually, testDatabase, testNats } from '../support/infrastructure.ts'
import { isDone } from '../support/is-done.ts'
import { compareWithReplay, endOf, Installation } from './installation.ts'
import { askHttp, type HttpAnswer, postCommand } from './post-command.ts'
import { privateNats, privatePostgres } from './private-server.ts'

const RESOLVE = '/api/aliases/resolve/global/before'

test('with Postgres away commands go on, queries say so, and the projectors resume by themselves', async (t) => {
  t.timeout(300_000)
  const [nats, postgres] = [await testNats(t), await privatePostgres()]
  const installation = new Installation({ natsUrl: nats.url, databaseUrl: postgres.url })
  const [served, token] = [await installation.serve('http', 'commands', 'projections'), await installation.token()]
  const [client, store] = [await installation.client(), await installation.log()]
  t.true(isDone(await client.send('alias.register', registration('before'))))
  t.like(await client.query('alias.count', {}, { minPosition: await endOf(store) }), { status: 'ok' })

  await postgres.stop()
  for (let number = 0; number < 50; number++)
    t.true(isDone(await client.send('alias.register', registration(`away_${number}`))))
  t.like(await postCommand(served.api, token, 'alias.register', registration('over_http')), { status: 200 })

  await isUnavailable(t, () => askHttp(`${served.api}${RESOLVE}`, token))
  await isUnavailable(t, () => askHttp(`${served.api}/api/aliases`, token))
  const query = { from: { kind: 'global' }, name: 'before' } as const
  t.like(await client.query('alias.resolve', query, { timeoutMs: 1_000 }), { status: 'unavailable' })
  const unready = await askHttp(`${served.api}/readyz`, token)
  t.like(unready, { status: 503, body: { ready: false, checks: { nats: 'ok', postgres: 'away' } } })
  t.like(await askHttp(`${served.api}/healthz`, token), { status: 200 })

  await postgres.start()
  const minPosition = await endOf(store)
  const caughtUp = await eventually(
    async () => {
      const counted = await client.query('alias.count', {}, { minPosition })
      return counted.status === 'ok' ? counted.value : undefined
    },
    { timeoutMs: 60_000 },
  )
  t.like(caughtUp, { total: 52 })
  t.like(await askHttp(`${served.api}${RESOLVE}`, token), { status: 200 })
  await eventually(async () => (await askHttp(`${served.api}/readyz`, token)).status === 200)
  const compared = await compareWithReplay(installation, store)
  t.true(
    compared.status === 'swapped' && compared.tables.length >= 3 && compared.tables.every(({ isEqual }) => isEqual),
  )
})

test('a query that waits for a position says unavailable too while Postgres is away', async (t) => {
  t.timeout(300_000)
  const [nats, postgres] = [await testNats(t), await privatePostgres()]
  const installation = new Installation({ natsUrl: nats.url, databaseUrl: postgres.url })
  const [served, token] = [await installation.serve('http', 'commands', 'projections'), await installation.token()]
  const accepted = await postCommand(served.api, token, 'alias.register', registration('before'))
  const headers = { 'Pharos-Min-Position': String(accepted.body['position']) }
  t.like(await askHttp(`${served.api}${RESOLVE}`, token, { headers }), { status: 200 })
  await postgres.stop()
  await isUnavailable(t, () => askHttp(`${served.api}${RESOLVE}`, token, { headers }))
  // By then the projector of this process knows too, and tells no reader any more how far it is.
  await served.line(/projector aliases is away/)
  await isUnavailable(t, () => askHttp(`${served.api}${RESOLVE}`, token, { headers }), 6_000)
})

for (const gone of ['NATS', 'Postgres'] as const)
  test(`a process drains and ends while ${gone} is away`, async (t) => {
    t.timeout(300_000)
    const [nats, postgres] = await Promise.all([privateNats(), privatePostgres()])
    const installation = new Installation({ natsUrl: nats.url, databaseUrl: postgres.url })
    const served = await installation.serve('http', 'commands', 'projections')
    await (gone === 'NATS' ? nats : postgres).stop()
    await served.line(/projector aliases is away/)
    const started = performance.now()
    process.kill(served.pid, 'SIGTERM')
    const ended = await withinTime(served.ended, 60_000)
    t.log(`after ${Math.round(performance.now() - started)} ms`)
    t.deepEqual(ended, { code: 0, signal: null }, served.lines.slice(-3).join('\n'))
  })

test('with NATS away commands are answered at once, queries go on, and everything recovers by itself', async (t) => {
  t.timeout(300_000)
  const [nats, database] = [await privateNats(), await testDatabase(t)]
  const installation = new Installation({ natsUrl: nats.url, databaseUrl: database.url })
  const [served, token] = [await installation.serve('http', 'commands', 'projections'), await installation.token()]
  const client = await installation.client()
  const before = await client.send('alias.register', registration('before'))
  t.like(before, { status: 'accepted' })
  if (before.status !== 'accepted') return
  t.like(await client.query('alias.count', {}, { minPosition: before.position }), { status: 'ok' })

  // Some are under way when it goes: each is answered, one way or the other.
  const underWay = Array.from({ length: 50 }, async (_, number) => {
    const [commandId, data] = [ulid(), registration(`under_way_${number}`)]
    return { commandId, data, answer: await postCommand(served.api, token, 'alias.register', data, commandId) }
  })
  await nats.stop()
  for (const { answer } of await Promise.all(underWay)) {
    t.true([200, 503].includes(answer.status), JSON.stringify(answer))
    t.true(answer.ms < 20_000, `${answer.ms} ms`)
  }
  const [commandId, data] = [ulid(), registration('while_away')]
  for (let number = 0; number < 3; number++)
    await isUnavailable(t, () => postCommand(served.api, token, 'alias.register', data, commandId), 1_000)
  t.like(await askHttp(`${served.api}${RESOLVE}`, token), { status: 200 })
  const unready = await askHttp(`${served.api}/readyz`, token)
  t.like(unready, { status: 503, body: { ready: false, checks: { nats: 'away', postgres: 'ok' } } })

  await nats.start()
  const send = (): Promise<HttpAnswer> => postCommand(served.api, token, 'alias.register', data, commandId)
  const recovered = await eventually(
    async () => {
      const answer = await send()
      return answer.status === 200 ? answer : undefined
    },
    { timeoutMs: 60_000 },
  )
  t.like(await send(), { status: 200, body: { status: 'duplicate', position: recovered.body['position'] } })
  for (const { commandId: id, data: body } of await Promise.all(underWay))
    t.is((await postCommand(served.api, token, 'alias.register', body, id)).status, 200)

  const store = await installation.log()
  const counted = await client.query('alias.count', {}, { minPosition: await endOf(store) })
  t.like(counted, { status: 'ok', value: { total: 52 } })
  t.true(isDone(await client.send('alias.register', registration('over_nats'))))
  await eventually(async () => (await askHttp(`${served.api}/readyz`, token)).status === 200)
  const compared = await compareWithReplay(installation, store)
  t.true(
    compared.status === 'swapped' && compared.tables.length >= 3 && compared.tables.every(({ isEqual }) => isEqual),
  )
})

/**
 * Each time 503 with the code `unavailable`, as a problem document. Who waited for what is away would never answer within
 * `mostMs`; who is on a busy machine does, when asked again.
 */
async function isUnavailable(t: ExecutionContext, ask: () => Promise<HttpAnswer>, mostMs = 2_000): Promise<void> {
  await eventually(
    async () => {
      const answer = await ask()
      t.like(answer, { status: 503, contentType: 'application/problem+json', body: { code: 'unavailable' } })
      return answer.ms < mostMs
    },
    { what: `it is refused within ${mostMs} ms` },
  )
}

function registration(name: string): object {
  return { scope: { kind: 'global' }, name, target: { kind: 'endpoint', url: `https://example.com/${name}` } }
}
