import test from 'ava'
import { ulid } from 'ulid'
import { problem } from '../../schemas/problem.ts'
import { frontend, profile, serve } from './http-server.ts'

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
  await check(admin('POST', '/api/aliases', '{"metadata":{"__proto__":{}}}', json), 400, 'invalid_json', 'body')
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
