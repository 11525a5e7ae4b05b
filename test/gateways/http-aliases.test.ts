import test from 'ava'
import { commandResult } from '../../schemas/command.ts'
import { resolution } from '../../schemas/http/aliases.ts'
import { problem } from '../../schemas/problem.ts'
import { aliasQueryAnswer, aliasView } from '../../schemas/queries/alias.ts'
import type { Scope } from '../../schemas/scope.ts'
import { profile, serve, url } from './http-server.ts'

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
  for (const name of [
    'a/b',
    '100%',
    'Ölstand 温度',
    'x'.repeat(255),
    '.',
    '..',
    'q?&#',
    'a:b',
    '*',
    '>',
    '🚀 launch',
  ]) {
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
