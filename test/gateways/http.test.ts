import test, { type ExecutionContext } from 'ava'
import { ulid } from 'ulid'
import { createHttpServer } from '../../gateways/http/create-http-server.ts'
import { commandResult } from '../../schemas/command.ts'
import { resolution } from '../../schemas/http/aliases.ts'
import { problem } from '../../schemas/problem.ts'
import { aliasQueryAnswer, aliasView } from '../../schemas/queries/alias.ts'
import type { Queries } from '../../gateways/queries.ts'
import type { Role } from '../../schemas/actor.ts'
import type { Scope } from '../../schemas/scope.ts'
import { gatewayFixture } from './gateway-fixture.ts'

interface Options {
  readonly queries?: Partial<Queries>
  readonly requestsPerMinute?: number
  readonly openDocs?: boolean
  readonly ready?: boolean
}

async function serve(
  t: ExecutionContext,
  { queries = {}, requestsPerMinute = 1000, openDocs = false, ready = true }: Options = {},
) {
  const fixture = gatewayFixture(queries)
  const app = await createHttpServer({
    ...fixture,
    readiness: async () => ({ ready, checks: { log: ready ? 'ok' : 'away' }, degraded: [] }),
    newId: () => ulid(),
    version: '1.2.3',
    limits: { requestsPerMinute, streamsPerCredential: 2, streams: 3, beatMs: 1000 },
    openDocs,
  })
  t.teardown(() => app.close())
  const as = async (roles: readonly Role[], sub?: string, scopes?: readonly Scope[]) => {
    const headers = { authorization: `Bearer ${await fixture.token(roles, sub, scopes)}` }
    return (
      method: 'GET' | 'POST' | 'PUT' | 'DELETE',
      url: string,
      body?: object | string,
      more: Record<string, string> = {},
    ) => app.inject({ method, url, headers: { ...headers, ...more }, ...(body === undefined ? {} : { payload: body }) })
  }
  return { ...fixture, app, as, admin: await as(['admin']) }
}

const url = 'https://api.example.com/v1/users/profile'
const frontend = { kind: 'context', context: 'frontend' }
const target = { kind: 'endpoint', url }
const profile = { scope: frontend, name: 'Profile', target }

test('a registered alias resolves to its canonical name', async (t) => {
  const { admin } = await serve(t)
  const registered = await admin('POST', '/api/aliases', profile)
  t.is(registered.statusCode, 201)
  t.is(commandResult.parse(registered.json()).status, 'accepted')
  const position = String(registered.headers['pharos-position'])

  const resolved = await admin('GET', '/api/aliases/resolve/frontend/profile', undefined, {
    'pharos-min-position': position,
  })
  t.is(resolved.statusCode, 200)
  t.is(resolution.parse(resolved.json()).canonical_name, url)
  t.is(resolved.headers['pharos-position'], position)

  const again = await admin('GET', '/api/aliases/resolve/frontend/PROFILE', undefined, {
    'if-none-match': String(resolved.headers.etag),
  })
  t.is(again.statusCode, 304)
  t.is(again.body, '')
})

test('resolution goes from node to site to global, and never across', async (t) => {
  const { admin } = await serve(t)
  const at = (scope: Scope, to: string) =>
    admin('POST', '/api/aliases', {
      scope,
      name: 'clock',
      target: { kind: 'endpoint', url: `https://${to}.example.com/` },
    })
  await at({ kind: 'global' }, 'global')
  await at({ kind: 'site', site: 'KSEA' }, 'site')
  await at({ kind: 'node', site: 'KSEA', node: 'gate/4 ü' }, 'node')
  const resolve = async (query: string) => (await admin('GET', `/api/aliases/resolve/${query}`)).json().canonical_name
  const node = encodeURIComponent('gate/4 ü')
  t.is(await resolve(`global/clock?site=KSEA&node=${node}`), 'https://node.example.com/')
  t.is(await resolve('global/clock?site=KSEA&node=gate-5'), 'https://site.example.com/')
  t.is(await resolve('global/clock?site=KPDX'), 'https://global.example.com/')
  t.is(await resolve('global/clock'), 'https://global.example.com/')
  t.is(await resolve('frontend/clock'), 'https://global.example.com/')

  const mixed = await admin('GET', '/api/aliases/resolve/frontend/clock?site=KSEA')
  t.is(mixed.statusCode, 400)
  t.is(problem.parse(mixed.json()).violations[0]?.field, 'query.site')
  t.is((await admin('GET', '/api/aliases/resolve/global/clock?node=x')).json().violations[0].field, 'query.node')
})

test('names with slashes, percent signs and any script travel in a path', async (t) => {
  const { admin } = await serve(t)
  for (const name of ['a/b', '100%', 'Ölstand 温度', 'x'.repeat(255), '.', '..', 'q?&#']) {
    t.is((await admin('POST', '/api/aliases', { ...profile, name })).statusCode, 201, name)
    // A lone "." or ".." is a path step to every HTTP client, even escaped; the command route and the list still reach it.
    if (/^\.+$/.test(name)) continue
    const answer = await admin('GET', `/api/aliases/frontend/${encodeURIComponent(name)}`)
    t.is(answer.statusCode, 200, name)
    t.is(aliasView.parse(answer.json()).name, name)
  }
})

test('an alias is changed, renamed and removed the REST way; a stale If-Match is 412', async (t) => {
  const { admin } = await serve(t)
  const one = '/api/aliases/frontend/profile'
  const { revision } = (await admin('POST', '/api/aliases', profile)).json()
  t.is((await admin('GET', one)).headers.etag, `"${revision}"`)
  t.is((await admin('PUT', one, { description: 'of a user' }, { 'if-match': `"${revision}"` })).statusCode, 200)
  const stale = await admin('PUT', one, { enabled: false }, { 'if-match': `"${revision}"` })
  t.is(stale.statusCode, 412)
  t.like(stale.json(), { code: 'conflict', expected: revision, actual: revision + 1 })
  t.is((await admin('PUT', one, { enabled: false })).statusCode, 200)
  t.is((await admin('GET', '/api/aliases/resolve/frontend/profile')).statusCode, 404)
  t.is((await admin('PUT', one, { newName: 'me' })).statusCode, 200)
  t.is((await admin('GET', one)).statusCode, 404)
  t.is((await admin('GET', '/api/aliases/frontend/me')).json().description, 'of a user')
  const history = aliasQueryAnswer['alias.history'].parse(
    (await admin('GET', '/api/aliases/frontend/me/history')).json(),
  )
  t.is(history.entries[0]?.type, 'pharos.alias.renamed-here.v1')
  t.is((await admin('DELETE', '/api/aliases/frontend/me')).statusCode, 200)
  t.is((await admin('DELETE', '/api/aliases/frontend/me')).json().code, 'alias_not_found')
  t.is((await admin('PUT', one, { enabled: true, owner: 'bob' })).json().violations[0].field, 'body')
})

test('the list is filtered and paged', async (t) => {
  const { admin } = await serve(t)
  for (const name of ['a1', 'A2', 'b1']) await admin('POST', '/api/aliases', { ...profile, name })
  await admin('POST', '/api/aliases', {
    scope: { kind: 'site', site: 'a/b' },
    name: 'a3',
    target: { kind: 'channel', channelId: '6fa459ea-ee8a-3ca4-894e-db77e160355e' },
  })
  const names = async (query: string) =>
    aliasQueryAnswer['alias.list']
      .parse((await admin('GET', `/api/aliases?${query}`)).json())
      .aliases.map(({ name }) => name)
  t.deepEqual(await names('prefix=a'), ['a1', 'A2', 'a3'])
  t.deepEqual(await names('scope=context:frontend&prefix=a'), ['a1', 'A2'])
  t.deepEqual(await names(`scope=${encodeURIComponent('site:a%2Fb')}`), ['a3'])
  t.deepEqual(await names('target=6FA459EA-EE8A-3CA4-894E-DB77E160355E'), ['a3'])
  t.deepEqual(await names(`target=${encodeURIComponent(url)}&limit=2`), ['a1', 'A2'])
  t.is((await admin('GET', '/api/aliases?limit=2')).json().nextCursor, '2')
  t.is((await admin('GET', '/api/aliases?limit=0')).json().violations[0].field, 'query.limit')
  t.is((await admin('GET', '/api/aliases?scope=planet')).json().violations[0].field, 'query.scope')
  t.is((await admin('GET', '/api/aliases?cursor=nonsense')).json().violations[0].field, 'data.cursor')
})

test('any command goes over the command route, its outcomes as status codes', async (t) => {
  const { admin, as } = await serve(t)
  const commandId = ulid()
  const send = (type: string, body: object, query = '') => admin('POST', `/api/commands/${type}${query}`, body)
  const dry = await send('alias.register', { commandId, data: profile }, '?dryRun=true')
  t.like(dry.json(), { status: 'accepted', dryRun: true })
  const first = await send('alias.register', { commandId, data: profile })
  t.is(first.json().status, 'accepted')
  const second = await send('alias.register', { commandId, data: profile })
  t.is(second.statusCode, 200)
  t.like(second.json(), { status: 'duplicate', position: first.json().position })
  t.like((await send('alias.register', { commandId: ulid(), data: profile })).json(), {
    status: 409,
    code: 'name_taken',
  })
  t.like((await send('alias.enable', { commandId: ulid(), data: { scope: frontend, name: 'none' } })).json(), {
    status: 404,
    code: 'alias_not_found',
  })
  t.like((await send('alias.register', { commandId: ulid(), data: { ...profile, name: '' } })).json(), {
    status: 422,
    code: 'invalid_data',
    violations: [{ field: 'data.name' }],
  })
  t.like((await send('alias.explode', { commandId: ulid(), data: {} })).json(), {
    status: 404,
    code: 'unknown_command',
  })
  t.like((await send('alias.enable', { commandId: 'x', data: {} })).json(), {
    status: 422,
    violations: [{ field: 'commandId' }],
  })
  t.like((await send('alias.enable', [1])).json(), { status: 422, violations: [{ field: 'body' }] })
  const viewer = await as(['viewer'])
  t.is((await viewer('POST', '/api/commands/alias.register', { commandId: ulid(), data: profile })).statusCode, 403)
})

test('what is not a request is a problem that says so', async (t) => {
  const { admin } = await serve(t)
  const json = { 'content-type': 'application/json' }
  const check = async (sent: ReturnType<typeof admin>, status: number, code: string, field?: string) => {
    const answer = await sent
    t.is(answer.statusCode, status, code)
    t.true(String(answer.headers['content-type']).startsWith('application/problem+json'))
    const body = problem.parse(answer.json())
    t.is(body.code, code)
    t.is(body.instance, String(answer.headers['x-request-id']))
    if (field !== undefined) t.is(body.violations[0]?.field, field)
    t.notRegex(answer.body, /\bat .*:\d+|node_modules|stack/)
  }
  await check(admin('POST', '/api/aliases', '{"scope":', json), 400, 'invalid_json', 'body')
  await check(admin('POST', '/api/aliases', '', json), 400, 'invalid_json', 'body')
  await check(
    admin('POST', '/api/aliases', 'name=x', { 'content-type': 'application/x-www-form-urlencoded' }),
    415,
    'unsupported_media_type',
    'body',
  )
  await check(
    admin('POST', '/api/aliases', JSON.stringify({ ...profile, description: 'x'.repeat(300_000) }), json),
    413,
    'body_too_large',
    'body',
  )
  await check(admin('POST', '/api/aliases', { ...profile, name: 7 }), 400, 'invalid_request', 'body.name')
  await check(admin('GET', '/api/nothing'), 404, 'not_found')
  await check(admin('PUT', '/api/aliases/frontend/profile', { enabled: 'yes' }), 400, 'invalid_request', 'body.enabled')
  await check(admin('GET', '/api/aliases/frontend/%E0%A4%A'), 400, 'invalid_request')
  await check(
    admin('DELETE', '/api/aliases/frontend/x', undefined, { 'if-match': '7' }),
    400,
    'invalid_request',
    'header.if-match',
  )
  await check(
    admin('GET', '/api/aliases', undefined, { 'pharos-min-position': '7' }),
    400,
    'invalid_request',
    'header.pharos-min-position',
  )
})

test('only probes are open', async (t) => {
  const { app, admin, as } = await serve(t)
  for (const path of ['/healthz', '/readyz', '/api/aliases/health'])
    t.is((await app.inject(path)).statusCode, 200, path)
  for (const path of [
    '/metrics',
    '/docs',
    '/docs/json',
    '/api/aliases',
    '/api/aliases/status',
    '/api/aliases/metrics',
    '/nothing',
  ]) {
    const answer = await app.inject(path)
    t.is(answer.statusCode, 401, path)
    t.is(problem.parse(answer.json()).code, 'unauthorized')
    t.regex(String(answer.headers['www-authenticate']), /^Bearer/)
  }
  t.is(
    (
      await app.inject({
        method: 'POST',
        url: '/api/aliases',
        payload: profile,
        headers: { authorization: 'Bearer nonsense' },
      })
    ).statusCode,
    401,
  )
  t.regex((await admin('GET', '/metrics')).body, /pharos_queries_total/)
  t.is((await (await as(['service']))('GET', '/metrics')).statusCode, 403)
})

test('health, metrics and status have the shapes that were given', async (t) => {
  const { admin, app } = await serve(t)
  await admin('POST', '/api/aliases', profile)
  await admin('POST', '/api/aliases', { ...profile, name: 'off', enabled: false })
  t.deepEqual((await app.inject('/api/aliases/health')).json(), { status: 'ok' })
  const { metrics } = (await admin('GET', '/api/aliases/metrics')).json()
  t.deepEqual(Object.keys(metrics), ['total_aliases', 'active_aliases', 'response_time_ms'])
  t.like(metrics, { total_aliases: 2, active_aliases: 1 })
  t.deepEqual((await admin('GET', '/api/aliases/status')).json(), {
    status: { service: 'Pharos', version: '1.2.3', health: 'healthy' },
  })
  t.deepEqual((await admin('POST', '/api/aliases/validate', { ...profile, name: 'new' })).json(), {
    valid: true,
    violations: [],
  })
  t.like((await admin('POST', '/api/aliases/validate', profile)).json(), { valid: false, code: 'name_taken' })
  t.like((await admin('POST', '/api/aliases/validate', { name: '' })).json(), {
    valid: false,
    violations: [{ field: 'scope' }, { field: 'name' }],
  })
})

test('a process that is not ready says what is missing', async (t) => {
  const { app } = await serve(t, { ready: false })
  const answer = await app.inject('/readyz')
  t.is(answer.statusCode, 503)
  t.deepEqual(answer.json(), { ready: false, checks: { log: 'away' }, degraded: [] })
})

test('with Postgres away queries are 503 and commands go on', async (t) => {
  const away = () =>
    Promise.reject(
      Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432 postgres://u:secret@db/x'), {
        code: 'ECONNREFUSED',
      }),
    )
  const { admin } = await serve(t, { queries: { position: away, waitForPosition: away } })
  t.is((await admin('POST', '/api/aliases', profile)).statusCode, 201)
  const answer = await admin('GET', '/api/aliases/resolve/frontend/profile')
  t.is(answer.statusCode, 503)
  t.truthy(answer.headers['retry-after'])
  t.notRegex(answer.body, /5432|secret/)
})

test('a read model that is behind is 504 with the lag', async (t) => {
  const { admin } = await serve(t, { queries: { waitForPosition: async () => ({ reached: false, lag: 12 }) } })
  const answer = await admin('GET', '/api/aliases/frontend/x', undefined, {
    'pharos-min-position': '01KHZZZZZZZZZZZZZZZZZZZZZZ-9',
  })
  t.like(answer.json(), { status: 504, code: 'read_model_behind', lag: 12 })
})

test('a bug is 500 and says nothing; the log says it without the credential', async (t) => {
  const { admin, lines } = await serve(t, {
    queries: { position: () => Promise.reject(new TypeError('x of phk_abc_secret is not a function')) },
  })
  const answer = await admin('GET', '/api/aliases/frontend/x')
  t.like(answer.json(), { status: 500, code: 'internal' })
  t.notRegex(answer.body, /function/)
  t.regex(lines.join(''), /is not a function/)
  t.notRegex(lines.join(''), /phk_abc|eyJ/)
})

test('each credential has its own rate', async (t) => {
  const { as, app } = await serve(t, { requestsPerMinute: 2 })
  const [ada, bob] = [await as(['viewer'], 'ada'), await as(['viewer'], 'bob')]
  for (const status of [404, 404, 429]) t.is((await ada('GET', '/api/aliases/frontend/x')).statusCode, status)
  t.is((await bob('GET', '/api/aliases/frontend/x')).statusCode, 404)
  for (const status of [401, 401, 429])
    t.is((await app.inject({ url: '/api/aliases', headers: { authorization: 'Bearer guess' } })).statusCode, status)
  t.is(
    (await bob('GET', '/api/aliases/frontend/x')).statusCode,
    404,
    'a known credential is not locked out by others at its address',
  )
})

test('an API key is shown once, works within its scopes, and ends with its revocation', async (t) => {
  const { admin, as, app, advance } = await serve(t)
  const operator = await as(['operator'])
  const wanted = { label: 'ci', roles: ['service'], scopes: [frontend] }
  t.is((await operator('POST', '/api/access/api-keys', wanted)).statusCode, 403)
  const issued = await admin('POST', '/api/access/api-keys', wanted)
  t.is(issued.statusCode, 201)
  const { apiKey, apiKeyId } = issued.json()
  const register = (scope: object, name: string) =>
    app.inject({
      method: 'POST',
      url: '/api/aliases',
      headers: { 'x-api-key': apiKey },
      payload: { scope, name, target },
    })
  const mine = await register(frontend, 'mine')
  t.is(mine.statusCode, 201)
  t.is(mine.json().events[0].data.owner, `api-key:${apiKeyId}`)
  t.is((await register({ kind: 'global' }, 'mine')).statusCode, 403)
  t.is((await admin('DELETE', `/api/access/api-keys/${apiKeyId}`)).statusCode, 200)
  advance(5000)
  t.is((await register(frontend, 'late')).statusCode, 401)
  t.is((await admin('DELETE', '/api/access/api-keys/none')).json().code, 'api_key_not_found')
})

test('OpenAPI 3.1 names every command with its data, and the ways to authenticate', async (t) => {
  const { app, bus } = await serve(t, { openDocs: true })
  const document = (await app.inject('/docs/json')).json()
  t.regex(document.openapi, /^3\.1/)
  t.deepEqual(Object.keys(document.components.securitySchemes), ['bearer', 'apiKey'])
  for (const type of bus.types) {
    const { schema } = document.paths[`/api/commands/${type}`].post.requestBody.content['application/json']
    t.truthy(schema.properties.data.properties, type)
  }
  t.truthy(document.components.schemas.Problem)
  t.truthy(document.paths['/api/aliases/resolve/{context}/{alias}'].get.responses['200'])
  const page = await app.inject('/docs/')
  t.is(page.statusCode, 200)
  t.regex(String(page.headers['content-security-policy']), /default-src/)
})
