import test, { type ExecutionContext } from 'ava'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import {
  type ObservationsOptions,
  type RunningObservations,
  startObservations,
} from '../../edge-agent/observations/start-observations.ts'
import { postCommand } from '../crash/post-command.ts'
import { type Installation, testInstallation } from '../crash/installation.ts'
import { afterTests, eventually } from '../support/infrastructure.ts'

const coin = '6f1c1c1e-0000-4000-8000-000000000001'
const sensor = '6f1c1c1e-0000-4000-8000-000000000002'
const WAIT = { timeoutMs: 60_000 }

let installation: Installation
let api: string
let token: string
let database: pg.Client

test.before(async (t) => {
  t.timeout(300_000)
  installation = await testInstallation(t)
  ;({ api } = await installation.serve('http', 'commands', 'projections', 'telemetry'))
  token = await installation.token()
  database = new pg.Client(installation.databaseUrl)
  await database.connect()
  afterTests(() => database.end())
  for (const data of [
    { channelId: coin, name: 'bitcoin', description: 'Price of a coin' },
    { channelId: sensor, name: 'pressure' },
  ])
    await postCommand(api, token, 'channel.register', data)
})

async function directory(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'pharos-edge-observations-'))
  t.teardown(() => rm(path, { recursive: true, force: true }))
  return path
}

async function start(t: ExecutionContext, options: Partial<ObservationsOptions>): Promise<RunningObservations> {
  const running = await startObservations({
    store: { kind: 'sqlite', file: join(await directory(t), 'engine.db') },
    source: { url: api, credential: async () => token },
    follow: [],
    pollMs: 50,
    ...options,
  })
  t.teardown(() => running[Symbol.asyncDispose]())
  return running
}

async function send(observations: readonly object[]): Promise<void> {
  const body = observations.map((one) => JSON.stringify(one)).join('\n')
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' }
  const response = await fetch(`${api}/api/v1/observation`, { method: 'POST', body, headers })
  if (response.status !== 202) throw new Error(await response.text())
}

async function pass(
  way: { readonly state: string },
  path: string,
  init: RequestInit,
  response: ServerResponse,
): Promise<void> {
  try {
    const answer = await fetch(`${api}${path}`, init)
    const text = await answer.text()
    if (way.state === 'answers are lost') response.destroy()
    else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text)
  } catch {
    response.destroy()
  }
}

/** A way to the platform that can be cut: refused, or cut off after the request has arrived there. */
async function link(
  t: ExecutionContext,
): Promise<{ url: string; state: 'up' | 'down' | 'answers are lost'; requests: number }> {
  const way = { url: '', state: 'up' as 'up' | 'down' | 'answers are lost', requests: 0 }
  const server: Server = createServer((request, response) => {
    if (way.state === 'down') return void request.socket.destroy()
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      way.requests++
      const { authorization = '', 'content-type': type = 'application/json' } = request.headers
      const body = request.method === 'POST' ? { body: Buffer.concat(chunks) } : {}
      const headers = { authorization, 'content-type': type }
      void pass(way, request.url ?? '', { method: request.method ?? 'GET', headers, ...body }, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  way.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return way
}

test.serial(
  'what is followed is kept here with its channel, late ones too, and over a new start nothing twice',
  async (t) => {
    t.timeout(300_000)
    const at = (minute: number) => ({
      stream: coin,
      value: `${minute}.50`,
      observed_at: 1704326400 + minute * 60,
      hash: `h${minute}`,
    })
    await send(Array.from({ length: 1200 }, (_, n) => at(n + 10)))
    const file = join(await directory(t), 'engine.db')
    const options = { follow: [coin], store: { kind: 'sqlite', file } } as const
    const first = await start(t, options)
    await eventually(async () => (await first.streams.getTableData(coin)).length === 1200, WAIT)
    t.like(await first.streams.getStreamByName('bitcoin'), { uuid: coin, description: 'Price of a coin' })
    await first[Symbol.asyncDispose]()

    await send([at(3), at(11), at(1)])
    await postCommand(api, token, 'channel.describe', { channelId: coin, name: 'Bitcoin' })
    const second = await start(t, options)
    await eventually(async () => (await second.streams.getTableData(coin)).length === 1202, WAIT)
    t.is((await second.status()).stored, 2)
    const rows = await second.streams.getTableData(coin, 3)
    t.deepEqual(
      rows.map(({ ts, value, provider }) => [ts, value, provider]),
      [
        ['2024-01-04 00:01:00', '1.50', 'central'],
        ['2024-01-04 00:03:00', '3.50', 'central'],
        ['2024-01-04 00:10:00', '10.50', 'central'],
      ],
    )
  },
)

test.serial('refreshing brings every stream up to date, also one that has only a table', async (t) => {
  t.timeout(300_000)
  const stranger = sensor.replace('2', '9')
  const running = await start(t, {})
  await running.streams.insertRow(sensor, '2024-01-04 00:00:00', '1', null, null)
  await running.streams.upsertStream({ uuid: coin, name: 'an old name' })
  await running.streams.upsertStream({ uuid: stranger, name: 'of another platform' })
  const before = await running.streams.getStreamByUuid(coin)
  const refreshed = await eventually(async () => {
    const told = await running.refreshAll()
    return (await running.streams.getStreamByUuid(coin))?.name === 'Bitcoin' ? told : undefined
  }, WAIT)
  t.deepEqual(refreshed, { refreshed: 2, unknown: [stranger] })
  const after = await running.streams.getStreamByUuid(coin)
  t.true((after?.last_synced ?? '') > (before?.last_synced ?? ''))
  t.is(after?.id, before?.id)
  t.is((await running.streams.getStreamByName('pressure'))?.uuid, sensor)
})

test.serial('what was observed without a link is sent in order and once, whatever was lost on the way', async (t) => {
  t.timeout(300_000)
  const way = await link(t)
  way.state = 'down'
  const source = { url: way.url, credential: async () => token, timeoutMs: 5_000 }
  const file = join(await directory(t), 'engine.db')
  const errors: unknown[] = []
  const store = { kind: 'sqlite', file } as const
  const first = await start(t, { source, store, onError: (error) => void errors.push(error) })
  const observed = (n: number) => ({
    stream: sensor,
    value: `${n}`,
    observed_at: new Date(1704326400000 + n * 1000).toISOString(),
    id: `o${n}`,
  })
  for (let n = 0; n < 700; n++) t.true(await first.record(observed(n)))
  t.false(await first.record(observed(5)))
  await t.throwsAsync(first.record({ stream: sensor, value: 'NaN' }), {
    instanceOf: RangeError,
    message: /^value must/,
  })
  await eventually(() => errors.length > 0, WAIT)
  t.like(await first.status(), { isLinked: false, outbox: { waiting: 700, forwarded: 0, dropped: 0 } })

  // They arrive, but nobody here hears of it: and then the device is switched off.
  way.state = 'answers are lost'
  await eventually(() => way.requests > 0, WAIT)
  await first[Symbol.asyncDispose]()
  way.state = 'up'
  const second = await start(t, { source, store })
  await second.record({ stream: sensor.replace('2', '8'), value: '1', id: 'of no channel' })
  await eventually(async () => (await second.status()).outbox.waiting === 0, WAIT)
  t.like((await second.status()).outbox, { forwarded: 700, refused: 1, dropped: 0, bytes: 0 })
  t.true((await second.status()).isLinked)
  const rows = await eventually(async () => {
    const found = await database.query<{ value: string }>(
      'select value::text from pharos.telemetry where channel_id = $1 order by ts, id',
      [sensor],
    )
    return found.rows.length >= 700 ? found.rows : undefined
  }, WAIT)
  t.deepEqual(
    rows.map(({ value }) => Number(value)),
    Array.from({ length: 700 }, (_, n) => n),
  )
})
