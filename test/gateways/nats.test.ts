import test, { type ExecutionContext } from 'ava'
import { Svcm } from '@nats-io/services'
import { headers as natsHeaders } from '@nats-io/transport-node'
import { ulid } from 'ulid'
import type { CommandBus } from '../../commands/command-bus.ts'
import { channelValues } from '../../gateways/cli/tour/channel-values.ts'
import { resolveSamples } from '../../gateways/cli/tour/resolve-samples.ts'
import { connectPharos } from '../../gateways/client/index.ts'
import { startCommandService } from '../../gateways/nats/command-service.ts'
import { startQueryService } from '../../gateways/nats/query-service.ts'
import { natsConnectOptions } from '../../infra/nats/nats-connect-options.ts'
import { apiKeyId } from '../../schemas/access.ts'
import { afterTests, testNats } from '../support/infrastructure.ts'
import { isDone } from '../support/is-done.ts'
import { gatewayFixture } from './gateway-fixture.ts'

const profile = {
  scope: { kind: 'context', context: 'frontend' },
  name: 'profile',
  target: { kind: 'endpoint', url: 'https://api.example.com/v1/users/profile' },
} as const

interface Options {
  readonly bus?: (bus: CommandBus) => CommandBus
  readonly maxInFlight?: number
}

async function serve(t: ExecutionContext, { bus = (same) => same, maxInFlight = 100 }: Options = {}) {
  const nats = await testNats(t)
  const fixture = gatewayFixture()
  const connection = await nats.connect()
  const { authenticator, logger } = fixture
  const parts = { connection, authenticator, logger, version: '1.2.3', maxInFlight }
  const commands = await startCommandService(bus(fixture.bus), parts)
  await startQueryService(fixture.queries, parts)
  await connection.flush()
  const { servers, ...natsOptions } = natsConnectOptions(nats.url)
  const token = await fixture.token(['operator'])
  const join = async (options: { token: string } | { apiKey: string } = { token }) => {
    const client = await connectPharos({ servers, natsOptions, timeoutMs: 60_000, ...options })
    afterTests(() => client.close())
    return client
  }
  const raw = await nats.connect()
  const request = async (
    subject: string,
    body: string,
    sent: Record<string, string> = { Authorization: `Bearer ${token}` },
  ) => {
    const headers = natsHeaders()
    for (const [name, value] of Object.entries(sent)) headers.set(name, value)
    return (await raw.request(subject, body, { timeout: 60_000, headers })).json<Record<string, unknown>>()
  }
  return {
    ...fixture,
    commands,
    parts,
    client: await join(),
    join,
    request,
    raw,
    token,
    adminToken: await fixture.token(['admin'], 'root'),
  }
}

/** A bus that holds every command until it is let go. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  const held = (bus: CommandBus): CommandBus => ({
    types: bus.types,
    async dispatch(command) {
      arrived.resolve()
      await promise
      return bus.dispatch(command)
    },
  })
  return { held, open: resolve, arrived: arrived.promise }
}

test('a command is accepted, then a duplicate, and a query sees what it did', async (t) => {
  const { client } = await serve(t)
  const commandId = ulid()
  const first = await client.command('alias.register', profile, { commandId })
  t.is(first.status, 'accepted')
  t.like(await client.command('alias.register', profile, { commandId }), { ...first, status: 'duplicate' })
  if (first.status !== 'accepted') return
  const { scope, name } = profile
  const resolved = await client.query(
    'alias.resolve',
    { from: scope, name: 'PROFILE' },
    { minPosition: first.position },
  )
  t.is(resolved.status === 'ok' ? resolved.value.target.kind : resolved.status, 'endpoint')
  t.like(await client.query('alias.get', { scope, name: 'none' }), { status: 'not_found', code: 'alias_not_found' })
  t.like(await client.query('alias.list', { limit: 10 }), { value: { aliases: [{ name }], nextCursor: null } })
  t.like(await client.query('alias.history', { scope, name }), { value: { entries: [{ actor: 'ada' }] } })
  t.like(await client.query('alias.count', {}), { value: { total: 1, active: 1 } })
})

test('every outcome is a result', async (t) => {
  const { client, request, join, token } = await serve(t)
  t.like(await client.command('alias.register', { ...profile, name: '' }), {
    status: 'rejected',
    violations: [{ field: 'data.name' }],
  })
  t.like(await client.command('alias.register', profile, { expectedRevision: 3 }), {
    status: 'conflict',
    expected: 3,
    actual: 0,
  })
  t.like(await client.command('alias.register', profile, { dryRun: true }), { status: 'accepted', dryRun: true })
  t.like(await client.command('access.revoke-api-key', { apiKeyId: 'x' }), { status: 'forbidden' })
  t.like(await client.send('alias.register', profile, { commandId: 'x' }), { violations: [{ field: 'commandId' }] })
  t.like(await request('cmd.alias.register', '{"data":'), {
    status: 'rejected',
    code: 'invalid_json',
    violations: [{ field: 'body' }],
  })
  t.like(await request('cmd.alias.register', ''), { code: 'invalid_json' })
  const poisoned = JSON.stringify({ data: { ...profile, metadata: { at: 'x' } } }).replace('"at"', '"__proto__"')
  t.like(await request('cmd.alias.register', poisoned), {
    code: 'invalid_json',
    violations: [{ field: 'body', message: 'must be JSON, without a key __proto__' }],
  })
  t.like(await request('query.alias.get', '{"data":{"name":7}}'), {
    status: 'rejected',
    violations: [{ field: 'data.scope' }, { field: 'data.name' }],
  })
  t.like(await request('cmd.alias.register', '{}', {}), { status: 'unauthorized' })
  t.like(await request('query.alias.list', '{"data":{}}', { Authorization: `Bearer ${token}x` }), {
    status: 'unauthorized',
  })
  const forged = await join({ token: 'nonsense' })
  t.is((await forged.command('alias.register', profile)).status, 'unauthorized')
})

test('an API key acts as itself', async (t) => {
  const { join, apiKeySecrets, adminToken } = await serve(t)
  const id = apiKeyId.parse('ci')
  const { text: apiKey, digest } = apiKeySecrets.mint(id)
  const admin = await join({ token: adminToken })
  t.is(
    (await admin.command('access.issue-api-key', { apiKeyId: id, digest, label: 'ci', roles: ['service'] })).status,
    'accepted',
  )
  const program = await join({ apiKey })
  t.like(await program.command('alias.register', profile), {
    status: 'accepted',
    events: [{ data: { owner: 'api-key:ci' } }],
  })
})

test('a fault in a handler is answered, logged, and ends nothing', async (t) => {
  const faults: (() => ReturnType<CommandBus['dispatch']>)[] = [
    () => Promise.reject(new TypeError('a bug')),
    () => {
      throw new TypeError('a bug at once')
    },
    // No JSON can say this.
    () => Promise.resolve({ status: 'conflict', message: 'a', expected: 1n as unknown as number, actual: 2 }),
  ]
  const { request, lines } = await serve(t, {
    bus: (bus) => ({ types: bus.types, dispatch: (command) => (faults.shift() ?? (() => bus.dispatch(command)))() }),
  })
  const body = JSON.stringify({ commandId: ulid(), data: profile })
  for (const said of [/a bug/, /a bug at once/, /BigInt/]) {
    t.like(await request('cmd.alias.register', body), { status: 'unavailable' })
    t.regex(lines.join(''), said)
  }
  t.like(await request('cmd.alias.register', body), { status: 'accepted' })
})

test('more than can be worked on is answered at once, and the client comes again', async (t) => {
  const { held, open, arrived } = gate()
  const { client, request } = await serve(t, { bus: held, maxInFlight: 1 })
  const first = client.command('alias.register', profile)
  await arrived
  const second = { commandId: ulid(), data: { ...profile, name: 'second' } }
  t.like(await request('cmd.alias.register', JSON.stringify(second)), { status: 'unavailable' })
  const again = client.command('alias.register', second.data, { commandId: second.commandId })
  open()
  t.true(isDone(await first))
  t.true(isDone(await again))
})

test('a stop lets what has arrived be answered; afterwards nobody responds', async (t) => {
  const { held, open, arrived } = gate()
  const { client, commands } = await serve(t, { bus: held })
  const sent = client.command('alias.register', profile)
  await arrived
  const stopped = commands.stop()
  open()
  await stopped
  t.true(isDone(await sent))
  const late = await client.command('alias.register', profile, { timeoutMs: 50 })
  t.is(late.status, 'unavailable')
  const signal = AbortSignal.abort(new Error('changed my mind'))
  await t.throwsAsync(client.command('alias.register', profile, { signal }), { message: 'changed my mind' })
})

test('two processes share the commands, and each is answered once', async (t) => {
  const { client, bus, store, parts } = await serve(t, { maxInFlight: 500 })
  const second = await startCommandService(bus, parts)
  await parts.connection.flush()
  const results = await Promise.all(
    Array.from({ length: 200 }, (_, i) => client.command('alias.register', { ...profile, name: `n${i}` })),
  )
  t.true(results.every(isDone))
  t.is((await store.head()).sequence, 200)
  await second.stop()
})

test('the service tells of itself', async (t) => {
  const { raw, bus } = await serve(t)
  const found = await new Svcm(raw)
    .client({ strategy: 'count', maxMessages: 1, maxWait: 60_000 })
    .info('pharos-commands')
  for await (const { version, metadata, endpoints } of found) {
    t.is(version, '1.2.3')
    t.is(metadata?.['types'], bus.types.join(' '))
    t.is(endpoints[0]?.queue_group, 'pharos-commands')
  }
  t.plan(3)
})

test('a command that does not exist is refused at once', async (t) => {
  const { client } = await serve(t)
  t.like(await client.send('alias.explode', {}), { status: 'rejected', code: 'unknown_command' })
})

test('a set whose answer would not fit in a message is answered in short, and is done; a page is refused', async (t) => {
  const { client, store } = await serve(t)
  const many = Array.from({ length: 1000 }, (_, n) => `name_${n}`)
  const metadata = { note: 'x'.repeat(1500) }
  const set = (names: readonly string[], rest: object) => {
    const operations = names.map((name) => ({ scope: profile.scope, name, ...rest }))
    return client.send('alias.apply-change-set', { operations }, { timeoutMs: 60_000 })
  }
  const register = { op: 'register', target: profile.target, metadata }
  const first = await set(many.slice(0, 500), register)
  t.true(isDone(first))
  t.like(first, { events: { length: 500 } })
  await set(many.slice(500), register)
  const operations = many
    .slice(0, 500)
    .map((name) => ({ scope: profile.scope, name, op: 'rename', newName: `${name}_` }))
  const renamed = await client.send('alias.apply-change-set', { operations }, { timeoutMs: 60_000 })
  t.true(isDone(renamed))
  t.like(renamed, { events: [], eventCount: 1000 })
  t.is((await store.head()).sequence, 2000)
  t.like(await client.query('alias.list', { limit: 1000 }), { status: 'rejected', code: 'answer_too_large' })
  t.like(await client.query('alias.list', { limit: 100 }), { status: 'ok' })
})

test('what the live screen asks ends when the screen does, also while nobody answers', async (t) => {
  const { client } = await serve(t)
  const over = AbortSignal.abort(new Error('the screen is over'))
  await t.throwsAsync(resolveSamples(client, over))
  await t.throwsAsync(channelValues(client, over))
})
