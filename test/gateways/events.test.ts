import test, { type ExecutionContext } from 'ava'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { ulid } from 'ulid'
import { type EventStore, EventStoreUnavailable } from '../../commands/event-store.ts'
import { EventFeed, FeedEnded } from '../../gateways/feed/event-feed.ts'
import { EventStream, ReaderStalled } from '../../gateways/http/event-stream.ts'
import { createHttpServer } from '../../gateways/http/create-http-server.ts'
import type { Role } from '../../schemas/actor.ts'
import { problem } from '../../schemas/problem.ts'
import type { Scope } from '../../schemas/scope.ts'
import { afterTests, eventually } from '../support/infrastructure.ts'
import { LATER_EPOCH } from '../projections/alias-events.ts'
import { gatewayFixture } from './gateway-fixture.ts'
import { SseReader } from './sse-reader.ts'

const target = { kind: 'endpoint', url: 'https://api.example.com/v1' }
const sea: Scope = { kind: 'site', site: 'SEA' }
const tower: Scope = { kind: 'node', site: 'SEA', node: 'tower' }
const globally: Scope = { kind: 'global' }

async function serve(limits: { streamsPerCredential?: number; streams?: number; beatMs?: number } = {}) {
  const fixture = gatewayFixture()
  const app = await createHttpServer({
    ...fixture,
    readiness: async () => ({ ready: true, checks: {}, degraded: [] }),
    newId: () => ulid(),
    version: '1.2.3',
    limits: { requestsPerMinute: 10_000, streamsPerCredential: 50, streams: 100, beatMs: 50, ...limits },
    openDocs: false,
  })
  afterTests(async () => {
    await app.close()
    await fixture.feed.close()
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const bearer = async (roles: readonly Role[] = ['admin'], sub?: string, scopes?: readonly Scope[]) => ({
    authorization: `Bearer ${await fixture.token(roles, sub, scopes)}`,
  })
  const admin = await bearer()
  const listen = (query = '', headers: Record<string, string> = {}) =>
    SseReader.open(`${url}/api/events${query}`, { ...admin, ...headers })
  const send = async (t: ExecutionContext, type: string, data: object): Promise<string> => {
    const payload = { commandId: ulid(), data }
    const answer = await app.inject({ method: 'POST', url: `/api/commands/${type}`, headers: admin, payload })
    t.is(answer.statusCode, 200, answer.body)
    return String(answer.headers['pharos-position'])
  }
  const register = (t: ExecutionContext, name: string, scope = globally) =>
    send(t, 'alias.register', { scope, name, target })
  return { ...fixture, app, url, bearer, listen, send, register }
}

const names = (reader: SseReader) => reader.events.map(({ data }) => (data['data'] as { name: string }).name)

test('what happens to aliases comes as it happens, with its position', async (t) => {
  const { listen, register, send } = await serve()
  await register(t, 'before')
  const reader = await listen()
  t.is(reader.response.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  t.is(reader.response.headers.get('x-content-type-options'), 'nosniff')
  const position = await register(t, 'one')
  await send(t, 'alias.rename', { scope: globally, name: 'one', newName: 'two' })
  const [first, away, here] = await reader.until(3)
  t.like(first, {
    id: position,
    type: 'alias.registered',
    data: { version: 1, actor: 'ada', subject: 'evt.alias.global.one' },
  })
  t.deepEqual([away?.type, here?.type], ['alias.renamed-away', 'alias.renamed-here'])
  await eventually(() => reader.beats > 0)
})

test('a reader cut off anywhere goes on behind what it has seen: nothing lost, nothing twice', async (t) => {
  const { listen, register, send } = await serve()
  const start = await register(t, 'first')
  const expected: string[] = []
  for (let i = 0; i < 10; i++) {
    await register(t, `n${i}`)
    await send(t, 'alias.rename', { scope: globally, name: `n${i}`, newName: `m${i}` })
    expected.push(`n${i}`, `n${i}`, `m${i}`)
  }
  const whole = await listen(`?after=${start}`)
  await whole.until(30)
  t.deepEqual(names(whole), expected)
  for (const [index, { id }] of whole.events.slice(0, 30).entries()) {
    const reader = await listen(`?after=${start}`, { 'last-event-id': id })
    await reader.until(29 - index)
    t.deepEqual(names(reader), expected.slice(index + 1))
    reader.close()
  }
  // Then live, all on one reader of the log.
  await register(t, 'last')
  await whole.until(31)
  t.is(names(whole).at(-1), 'last')
})

test('filters by scope and type; a heartbeat carries the position over what was filtered out', async (t) => {
  const { listen, register, send, store } = await serve()
  const [site, node, removals] = await Promise.all([
    listen('?scope=site:SEA'),
    listen('?scope=node:SEA/tower'),
    listen('?type=alias.removed,alias.disabled'),
  ])
  await register(t, 'g')
  await register(t, 's', sea)
  await register(t, 'n', tower)
  await send(t, 'alias.remove', { scope: globally, name: 'g' })
  await Promise.all([site.until(2), node.until(1), removals.until(1)])
  t.deepEqual([names(site), names(node), names(removals)], [['s', 'n'], ['n'], ['g']])
  const { epoch, sequence } = await store.head()
  await eventually(() => site.lastEventId === `${epoch}-${sequence}`)
})

test('a confined credential gets its scopes only, and may not ask for others', async (t) => {
  const { url, bearer, register } = await serve()
  const confined = await bearer(['viewer'], 'eve', [sea])
  const open = (query: string) => SseReader.open(`${url}/api/events${query}`, confined)
  const reader = await open('')
  await register(t, 'g')
  await register(t, 's', sea)
  await register(t, 'n', tower)
  await reader.until(2)
  t.deepEqual(names(reader), ['s', 'n'])
  t.is((await open('?scope=global')).response.status, 403)
  t.is((await open('?scope=node:SEA/tower')).response.status, 200)
  t.is((await SseReader.open(`${url}/api/events`, {})).response.status, 401)
})

test('what is no position here is refused with the field', async (t) => {
  const { listen, register } = await serve()
  const position = await register(t, 'one')
  const [epoch = '', sequence] = position.split('-')
  const refused = async (query: string, headers: Record<string, string> = {}) => {
    const { response } = await listen(query, headers)
    const { status, code, violations } = problem.parse(await response.json())
    return [status, code, violations[0]?.field]
  }
  t.deepEqual(await refused('', { 'last-event-id': 'x' }), [400, 'invalid_request', 'header.last-event-id'])
  t.deepEqual(await refused(`?after=${epoch}-${Number(sequence) + 1}`), [400, 'position_ahead', 'query.after'])
  t.deepEqual(await refused('', { 'last-event-id': `01J00000000000000000000000-1` }), [
    400,
    'other_epoch',
    'header.last-event-id',
  ])
  t.deepEqual(await refused('?scope=moon'), [400, 'invalid_request', 'query.scope'])
})

test('streams are limited, for each credential and for all; a closed one makes room', async (t) => {
  const { url, bearer, listen } = await serve({ streamsPerCredential: 2, streams: 3 })
  const first = await listen()
  await listen()
  const third = await listen()
  t.deepEqual([third.response.status, problem.parse(await third.response.json()).code], [429, 'too_many_streams'])
  const other = await bearer(['viewer'], 'eve')
  t.is((await SseReader.open(`${url}/api/events`, other)).response.status, 200)
  t.is((await SseReader.open(`${url}/api/events`, other)).response.status, 503)
  first.close()
  await eventually(async () => {
    const reader = await listen()
    return reader.response.status === 200
  })
})

test('a stream ends with the reason: at shutdown, and when its credential is over', async (t) => {
  const { app, listen, register, advance } = await serve()
  const position = await register(t, 'one')
  const expiring = await listen()
  advance(3_600_000)
  t.like(await expiring.ended(), { type: 'end', data: { reason: 'credential', position } })
  const { app: other, listen: listenThere } = await serve()
  const reader = await listenThere()
  await other.close()
  t.like(await reader.ended(), { type: 'end', data: { reason: 'shutdown' } })
  await app.close()
})

test('a listener that falls behind what is kept is cut off, while others go on', async (t) => {
  const { store, register } = await serve()
  const feed = new EventFeed({
    log: store,
    subjects: ['evt.alias.>'],
    keep: 2000,
    onError: (error) => t.fail(String(error)),
  })
  afterTests(() => feed.close())
  const { sequence } = await feed.position()
  const [slow, quick] = [0, 1].map(() => feed.follow(sequence, AbortSignal.timeout(60_000)))
  if (slow === undefined || quick === undefined) return t.fail()
  const first = slow.next()
  for (let i = 0; i < 20; i++) {
    await register(t, `name-${i}`)
    t.is((await quick.next()).value?.items.length, 1)
  }
  t.is((await first).value?.items.length, 1)
  const error = await t.throwsAsync(slow.next(), { instanceOf: FeedEnded })
  t.is(error.reason, 'too_slow')
  await quick.return()
})

test('listeners wait while the log is away, and go on when it is back; in another life of it they are ended', async (t) => {
  const { store, register } = await serve()
  let isAway = false
  let { epoch } = await store.head()
  const log: Pick<EventStore, 'head' | 'readAll'> = {
    head: async () => ({ ...(await store.head()), epoch }),
    async *readAll(options) {
      if (isAway) throw new EventStoreUnavailable('away')
      for await (const event of store.readAll(options)) {
        if (isAway) throw new EventStoreUnavailable('away')
        yield event
      }
    },
  }
  let failures = 0
  const feed = new EventFeed({ log, subjects: ['evt.alias.>'], retry: 5, onError: () => void failures++ })
  afterTests(() => feed.close())
  const { sequence } = await feed.position()
  const listener = feed.follow(sequence, AbortSignal.timeout(60_000))
  const names: unknown[] = []
  const listening = (async () => {
    for await (const { items } of listener) for (const { json } of items) names.push(JSON.parse(json).data.name)
  })()
  await register(t, 'one')
  await eventually(() => names.length === 1)
  isAway = true
  await register(t, 'two')
  await eventually(() => failures > 3)
  t.deepEqual(names, ['one'])
  isAway = false
  await eventually(() => names.length === 2)
  t.deepEqual(names, ['one', 'two'])
  epoch = LATER_EPOCH
  isAway = true
  await register(t, 'three')
  const error = await t.throwsAsync(listening, { instanceOf: FeedEnded })
  t.is(error.reason, 'restored')
})

test('a reader that takes nothing holds one write at most, and is disconnected', async (t) => {
  const big = `data: ${'x'.repeat(16 * 1024 * 1024)}\n\n`
  const { promise: stalled, resolve } = Promise.withResolvers<unknown>()
  const server = createServer((_, response) => {
    const stream = new EventStream(response, {}, 300)
    void stream
      .send(big)
      .then(() => stream.send(big))
      .catch((error: unknown) => {
        resolve(error)
        stream.end('too_slow', 'x-1')
      })
    stream.closed.addEventListener('abort', () => server.emit('reader gone'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTests(async () => void server.close())
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  afterTests(async () => void socket.destroy())
  const gone = once(server, 'reader gone')
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  t.true((await stalled) instanceof ReaderStalled)
  t.deepEqual(await gone, [])
})
