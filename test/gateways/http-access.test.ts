import test from 'ava'
import { problem } from '../../schemas/problem.ts'
import { frontend, profile, serve, target } from './http-server.ts'

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
