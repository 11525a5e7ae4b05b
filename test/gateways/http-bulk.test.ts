import test from 'ava'
import { ulid } from 'ulid'
import { aliasQueryAnswer } from '../../schemas/queries/alias.ts'
import { frontend, serve, target } from './http-server.ts'

const named = (...names: readonly string[]) => names.map((name) => ({ scope: frontend, name }))
const aliases = (...names: readonly string[]) => named(...names).map((slot) => ({ ...slot, target }))

test('several aliases are registered and removed as one command each', async (t) => {
  const { admin, store } = await serve(t)
  const created = await admin('POST', '/api/aliases/bulk/create', { aliases: aliases('a', 'b', 'c') })
  t.is(created.statusCode, 201)
  t.like(created.json(), { status: 'accepted', events: { length: 3 } })
  const again = await admin('POST', '/api/aliases/bulk/create', { aliases: aliases('d', 'B') })
  t.like(again.json(), { status: 409, code: 'name_taken', violations: [{ field: 'aliases.1.name' }] })
  t.is((await admin('POST', '/api/aliases/bulk/delete', { aliases: named('a', 'C') })).statusCode, 200)
  const gone = await admin('POST', '/api/aliases/bulk/delete', { aliases: named('b', 'a') })
  t.like(gone.json(), { status: 404, code: 'alias_not_found', violations: [{ field: 'aliases.1.name' }] })
  const { aliases: left } = aliasQueryAnswer['alias.list'].parse((await admin('GET', '/api/aliases')).json())
  t.deepEqual(
    left.map(({ name }) => name),
    ['b'],
  )
  t.is((await store.head()).sequence, 5)
})

test('1,001 operations are refused with the field named; 1,000 are one command', async (t) => {
  const { admin, store } = await serve(t)
  const many = (count: number) => aliases(...Array.from({ length: count }, (_, n) => `name_${n}`))
  const tooMany = await admin('POST', '/api/aliases/bulk/create', { aliases: many(1001) })
  t.like(tooMany.json(), { status: 400, violations: [{ field: 'body.aliases', message: 'at most 1,000 at once' }] })
  const operations = many(1001).map((alias) => ({ op: 'register', ...alias }))
  const set = await admin('POST', '/api/commands/alias.apply-change-set', { commandId: ulid(), data: { operations } })
  t.like(set.json(), {
    status: 422,
    violations: [{ field: 'data.operations', message: 'a change set has at most 1,000 operations' }],
  })
  t.is((await store.head()).sequence, 0)
  const all = { commandId: ulid(), data: { operations: operations.slice(1) } }
  t.is((await admin('POST', '/api/commands/alias.apply-change-set', all)).json().events.length, 1000)
  t.like((await admin('POST', '/api/commands/alias.apply-change-set', all)).json(), { status: 'duplicate' })
  t.is((await store.head()).sequence, 1000)
})

test('a set needs the right to every scope that it touches', async (t) => {
  const { as } = await serve(t)
  const confined = await as(['service'], 'bot', [{ kind: 'context', context: 'frontend' }])
  t.is((await confined('POST', '/api/aliases/bulk/create', { aliases: aliases('a') })).statusCode, 201)
  const beyond = [...aliases('b'), { scope: { kind: 'global' }, name: 'b', target }]
  t.is((await confined('POST', '/api/aliases/bulk/create', { aliases: beyond })).statusCode, 403)
})

test('what only rollbacks and jobs may do is no command to anybody', async (t) => {
  const { admin, bus } = await serve(t)
  for (const type of ['alias.restore-slots', 'alias-job.start', 'alias-job.fail']) {
    t.false(bus.types.includes(type))
    const answer = await admin('POST', `/api/commands/${type}`, { commandId: ulid(), data: {} })
    t.like(answer.json(), { status: 404, code: 'unknown_command' })
  }
})

test('an operation that is not well formed is named by its place', async (t) => {
  const { admin } = await serve(t)
  const send = async (...operations: object[]) =>
    (await admin('POST', '/api/commands/alias.apply-change-set', { commandId: ulid(), data: { operations } })).json()
  const [slot] = named('a')
  t.like(await send({ op: 'enable', ...slot }, { op: 'explode', ...slot }), {
    violations: [{ field: 'data.operations.1.op' }],
  })
  t.like(await send({ op: 'retarget', ...slot, target: { kind: 'endpoint', url: 'ftp://x' } }), {
    violations: [{ field: 'data.operations.0.target.url' }],
  })
  t.like(await send({ op: 'enable', ...slot }), {
    code: 'alias_not_found',
    violations: [{ field: 'data.operations.0.name' }],
  })
})
