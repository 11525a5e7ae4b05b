import test, { type ExecutionContext } from 'ava'
import { ulid } from 'ulid'
import { createHttpServer } from '../../gateways/http/create-http-server.ts'
import { actor } from '../../schemas/actor.ts'
import { aliasView } from '../../schemas/queries/alias.ts'
import { problem } from '../../schemas/problem.ts'
import { gatewayFixture } from './gateway-fixture.ts'

const site = { kind: 'site', site: 'SEA' }
const endpoint = (number: number) => ({ kind: 'endpoint', url: `https://api.example.com/v${number}` })

async function serve(t: ExecutionContext) {
  const fixture = gatewayFixture()
  const app = await createHttpServer({
    ...fixture,
    readiness: async () => ({ ready: true, checks: {}, degraded: [] }),
    newId: () => ulid(),
    version: '1.2.3',
    limits: { requestsPerMinute: 10_000, streamsPerCredential: 1, streams: 1, beatMs: 1000 },
    openDocs: false,
  })
  t.teardown(() => app.close())
  const authorization = `Bearer ${await fixture.token(['admin'])}`
  const get = (url: string, headers: Record<string, string> = {}) =>
    app.inject({ method: 'GET', url, headers: { authorization, ...headers } })
  /** Sends a command a second later than the one before; answers its position and its time. */
  const send = async (type: string, data: object) => {
    fixture.advance(1000)
    const payload = { commandId: ulid(), data }
    const answer = await app.inject({
      method: 'POST',
      url: `/api/commands/${type}`,
      headers: { authorization },
      payload,
    })
    t.is(answer.statusCode, 200, answer.body)
    return { position: String(answer.headers['pharos-position']), time: new Date(fixture.now()).toISOString() }
  }
  return { ...fixture, get, send }
}

test('a name resolves as it did at a position and at a time, with its own ETag', async (t) => {
  const { get, send, advance } = await serve(t)
  const first = await send('alias.register', { scope: { kind: 'global' }, name: 'Feed', target: endpoint(1) })
  const second = await send('alias.register', { scope: site, name: 'Feed', target: endpoint(2) })
  const third = await send('alias.disable', { scope: site, name: 'Feed' })
  advance(1000)
  const url = '/api/aliases/resolve/global/feed?site=SEA&node=tower'
  const seen = async (asOf: string) => {
    const answer = await get(`${url}&asOf=${encodeURIComponent(asOf)}`)
    return answer.statusCode === 200
      ? answer.json<{ canonical_name: string }>().canonical_name.slice(-2)
      : answer.statusCode
  }
  for (const when of ['position', 'time'] as const) {
    t.is(await seen(first[when]), 'v1')
    t.is(await seen(second[when]), 'v2')
    t.is(await seen(third[when]), 'v1')
  }
  t.is(await seen(new Date(Date.parse(second.time) - 1).toISOString()), 'v1')
  t.is(await seen(new Date(Date.parse(first.time) - 1).toISOString()), 404)
  t.is(await seen(`${first.position.split('-')[0]}-0`), 404)
  t.is(await seen(new Date(Date.parse(second.time)).toISOString().replace('Z', '+00:00')), 'v2')

  const then = await get(`${url}&asOf=${second.position}`)
  t.is(then.headers['pharos-position'], second.position)
  const etag = String(then.headers.etag)
  t.not(etag, (await get(url)).headers.etag)
  const again = await get(`${url}&asOf=${second.position}`, { 'if-none-match': etag })
  t.deepEqual([again.statusCode, again.body], [304, ''])
  t.is((await get(url, { 'if-none-match': etag })).statusCode, 200)
})

test('expiry is judged at that moment, to the millisecond', async (t) => {
  const { get, send, now, advance } = await serve(t)
  const expires = now() + 5000
  const expiresAt = new Date(expires).toISOString()
  const { position } = await send('alias.register', { scope: site, name: 'Feed', target: endpoint(1), expiresAt })
  advance(60_000)
  const at = async (asOf: string) => (await get(`/api/aliases/global/Feed?site=SEA&asOf=${asOf}`)).statusCode
  t.is((await get('/api/aliases/global/Feed?site=SEA')).statusCode, 404)
  t.is(await at(position), 200)
  t.is(await at(new Date(expires - 1).toISOString()), 200)
  t.is(await at(expiresAt), 404)
})

test('an alias reads as it was, through rename and removal', async (t) => {
  const { get, send } = await serve(t)
  const born = await send('alias.register', { scope: site, name: 'Feed', target: endpoint(1) })
  const renamed = await send('alias.rename', { scope: site, name: 'Feed', newName: 'Main feed' })
  await send('alias.remove', { scope: site, name: 'Main feed' })
  const read = async (name: string, asOf: string) => {
    const answer = await get(`/api/aliases/global/${encodeURIComponent(name)}?site=SEA&asOf=${asOf}`)
    return answer.statusCode === 200 ? aliasView.parse(answer.json()) : undefined
  }
  t.like(await read('Feed', born.position), { name: 'Feed', revision: 1, target: endpoint(1) })
  t.is(await read('Feed', renamed.position), undefined)
  t.like(await read('main FEED', renamed.position), { name: 'Main feed', number: 1 })
})

test('what is no moment of the log is 400 and names the field', async (t) => {
  const { get, send, now } = await serve(t)
  const { position } = await send('alias.register', { scope: site, name: 'Feed', target: endpoint(1) })
  const [epoch = '', sequence] = position.split('-')
  const refused = async (path: string, asOf: string) => {
    const answer = await get(`${path}?asOf=${encodeURIComponent(asOf)}`)
    t.is(answer.statusCode, 400, answer.body)
    const { code, violations } = problem.parse(answer.json())
    t.regex(violations[0]?.field ?? '', /^(query\.)?asOf$/)
    return code
  }
  const name = '/api/aliases/resolve/global/feed'
  for (const path of [name, '/api/aliases', '/api/aliases/global/feed', '/api/aliases/global/feed/history'])
    for (const bad of ['', 'yesterday', '2026-13-01T00:00:00Z', '2026-03-01', '5', `${epoch}-x`])
      t.is(await refused(path, bad), 'invalid_request')
  t.is(await refused(name, `${epoch}-${Number(sequence) + 1}`), 'as_of_ahead')
  t.is(await refused(name, `01J00000000000000000000000-${sequence}`), 'as_of_other_epoch')
  t.is(await refused(name, new Date(now() + 1).toISOString()), 'as_of_in_future')
})

test('over NATS and in the client the moment stands beside the data; a count knows only the present', async (t) => {
  const { queries, send } = await serve(t)
  const { position } = await send('alias.register', { scope: site, name: 'Feed', target: endpoint(1) })
  await send('alias.retarget', { scope: site, name: 'Feed', target: endpoint(2) })
  const ada = actor.parse({ id: 'ada', roles: ['admin'] })
  const ask = (type: string, data: object, asOf: string) => queries.ask({ type, body: { data, asOf }, actor: ada })
  const slot = { scope: site, name: 'feed' }
  t.like(await ask('alias.get', slot, position), { status: 'ok', position, value: { target: endpoint(1) } })
  t.like(await ask('alias.count', {}, position), { status: 'rejected', violations: [{ field: 'asOf' }] })
  t.like(await ask('alias.get', slot, 'then'), { status: 'rejected', violations: [{ field: 'asOf' }] })
})
