import test, { type ExecutionContext } from 'ava'
import { createCaslPolicy } from '../../commands/access/casl-policy.ts'
import { aliases as aliasCommands } from '../../commands/alias/aliases.ts'
import { expireAlias, type ExpiredSlot } from '../../commands/alias/expire-alias.ts'
import { commandHandler } from '../../commands/handle-command.ts'
import { EventFeed } from '../../gateways/feed/event-feed.ts'
import { FEED_SUBJECTS } from '../../gateways/feed/feed-item.ts'
import { applyTopology } from '../../infra/jetstream/apply-topology.ts'
import { openLogHistory } from '../../infra/jetstream/jetstream-log-history.ts'
import { JetStreamEventStore } from '../../infra/jetstream/jetstream-event-store.ts'
import { streams } from '../../infra/streams.ts'
import { AliasExpiry, type ExpiryOutcome, type ExpiryPorts } from '../../projections/alias-expiry/alias-expiry.ts'
import { dueAliases } from '../../projections/alias-expiry/due-aliases.ts'
import { oldestOverdue } from '../../projections/alias-expiry/oldest-overdue.ts'
import { PastAliases } from '../../projections/as-of/past-aliases.ts'
import { ReadModel } from '../../projections/queries/read-model.ts'
import { rebuildProjector } from '../../projections/rebuild.ts'
import { aliases } from '../../projections/tables/aliases.ts'
import { CheckpointWatch } from '../../projections/wait-for-position.ts'
import type { Actor } from '../../schemas/actor.ts'
import type { CommandResult } from '../../schemas/command.ts'
import type { CommandInput } from '../../schemas/commands/command-data.ts'
import type { AliasOperationType } from '../../schemas/commands/alias.ts'
import { actorId } from '../../schemas/ids.ts'
import { newUlid } from '../../schemas/new-ulid.ts'
import { afterTests, eventually, testNats } from '../support/infrastructure.ts'
import { channel, GLOBAL_SCOPE } from './alias-events.ts'
import { ProjectionWorld } from './projection-world.ts'

const ADMIN: Actor = { id: actorId.parse('ann'), roles: ['admin'] }
const START = Date.parse('2026-03-01T12:00:00.000Z')
const GRACE = 2_000
const signal = AbortSignal.timeout(300_000)
const slot = (name: string) => ({ scope: GLOBAL_SCOPE, name })
const target = (n: number) => ({ kind: 'channel', channelId: channel(n) }) as const

/** A log on a real NATS, tables in a real Postgres, and a clock that stands until it is moved. */
async function open(t: ExecutionContext) {
  const world = await ProjectionWorld.create(t)
  const connection = await (await testNats(t)).connect()
  await applyTopology(connection, streams)
  const store = await JetStreamEventStore.open(connection)
  const { epoch } = await store.head()
  let at = START
  const now = () => at
  const process = () =>
    commandHandler(aliasCommands, {
      store,
      policy: createCaslPolicy(),
      now,
      newId: newUlid,
      epoch,
      source: 'test',
    })
  const handler = process()
  const send = async <T extends AliasOperationType>(type: T, data: CommandInput<T>): Promise<CommandResult> => {
    const request = { commandId: newUlid() as never, data: { ...data } }
    const result = await handler.handle({ type, actor: ADMIN, request })
    t.is(result.status, 'accepted', JSON.stringify(result))
    return result
  }
  const register = (name: string, n: number, expiresAt: number | null = null) =>
    send('alias.register', {
      ...slot(name),
      target: target(n),
      expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    })
  const outcomes: ExpiryOutcome['status'][] = []
  const expire = (due: ExpiredSlot) => expireAlias(due, { aliases: handler, epoch })
  const ports: ExpiryPorts = {
    expire,
    now,
    onOutcome: (outcome) => void outcomes.push(outcome),
    onFault: (error) => t.fail(String(error)),
    lookMs: 20,
  }
  const react = (changes: Partial<ExpiryPorts> = {}) =>
    world.run(store, { publication: new AliasExpiry({ ...ports, ...changes }) })
  const events = async (type = 'alias.expired') => {
    const { sequence } = await store.head()
    const found = []
    if (sequence > 0)
      for await (const event of store.readAll({ fromSequence: 1, untilSequence: sequence, signal }))
        if (event.envelope.type === `pharos.${type}.v1`) found.push(event)
    return found
  }
  const names = async (): Promise<readonly string[]> => {
    const { rows } = await world.pool.query<{ alias: string }>('select alias from pharos.aliases order by alias')
    return rows.map(({ alias }) => alias)
  }
  const followed = async () => world.untilPosition((await store.head()).sequence)
  const advance = (ms: number) => void (at += ms)
  return { world, connection, store, epoch, now, advance, process, handler, send, register, expire, ports, outcomes, react, events, names, followed } // prettier-ignore
}

test('what has expired leaves the log, the rows and the channel, some time later and once', async (t) => {
  const { world, store, connection, now, advance, register, react, events, names, followed } = await open(t)
  await register('brief', 1, START + 1_000)
  await register('Second', 1)
  await register('longer', 2)
  const heard: string[] = []
  const feed = new EventFeed({ log: store, subjects: FEED_SUBJECTS, onError: (error) => t.log(error) })
  const listening = new AbortController()
  afterTests(async () => (listening.abort(), feed.close()))
  const listened = (async () => {
    for await (const { items } of feed.follow(0, listening.signal)) heard.push(...items.map(({ type }) => type))
  })()
  const model = new ReadModel(world.pool, new CheckpointWatch(world.pool))
  const past = new PastAliases(await openLogHistory(store, connection), world.pool)
  const moments = [0, 500, 999, 1_000, 1_001, 2_900].map((ms) => START + ms)
  const history = async () =>
    Promise.all(
      moments.map(async (at) => {
        const found = await past.findMoment({ kind: 'time', at }, START + 3_600_000, signal)
        if (found.status !== 'ok') throw new Error(found.code)
        const { aliases: listed } = await past.listAliases({ limit: 10 }, found.moment, signal)
        return { got: await past.getAlias(slot('brief'), found.moment), listed }
      }),
    )
  const shown = async () => (await world.pool.query('select alias from pharos.channel_aliases order by 1')).rows

  react()
  await followed()
  advance(1_000 + GRACE - 1)
  const before = await history()
  t.deepEqual(before.map(({ got }) => got?.name), ['brief', 'brief', 'brief', undefined, undefined, undefined]) // prettier-ignore
  t.is(await model.getAlias({ ...slot('brief'), at: now() }, signal), undefined, 'nobody waits for the reactor')
  t.deepEqual(await names(), ['Second', 'brief', 'longer'])

  advance(1)
  await eventually(async () => !(await names()).includes('brief'))
  t.deepEqual(await names(), ['Second', 'longer'])
  t.deepEqual(await shown(), [{ alias: 'Second' }, { alias: 'longer' }])
  const [event, ...more] = await events()
  t.deepEqual(more, [])
  t.like(event, {
    subject: 'evt.alias.global.brief',
    envelope: {
      actor: 'pharos:alias-expiry',
      time: new Date(now()).toISOString(),
      data: { name: 'brief', expiresAt: new Date(START + 1_000).toISOString() },
    },
  })
  t.deepEqual(await history(), before, 'the past reads as it did')
  const told = await model.aliasHistory({ ...slot('brief'), limit: 9 }, signal)
  t.deepEqual(
    told?.entries.map(({ type, actor }) => [type, actor]),
    [
      ['alias.registered', 'ann'],
      ['alias.expired', 'pharos:alias-expiry'],
    ],
  )
  await register('brief', 3)
  await followed()
  t.deepEqual(await names(), ['Second', 'brief', 'longer'])
  await eventually(() => heard.length === 5)
  t.deepEqual(heard.slice(3), ['alias.expired', 'alias.registered'])
  listening.abort()
  await listened
  await feed.close()
})

test('whoever changed the slot before is left alone, though the row says that it is due', async (t) => {
  const { world, store, advance, send, register, react, ports, outcomes, events, names, followed, expire } = await open(t) // prettier-ignore
  const all = ['extended', 'kept', 'moved', 'removed', 'renewed', 'replaced', 'untouched']
  for (const [n, name] of all.entries()) await register(name, n + 1, START + 1_000)
  const following = world.run(store)
  await followed()
  await following.stop()
  const expiresAt = new Date(START + 3_600_000).toISOString()
  await send('alias.set-expiry', { ...slot('extended'), expiresAt })
  await send('alias.set-expiry', { ...slot('kept'), expiresAt: null })
  await send('alias.rename', { ...slot('moved'), newName: 'elsewhere' })
  await send('alias.remove', slot('removed'))
  advance(1_000)
  await register('renewed', 20)
  await register('replaced', 21, START + 2_000)
  advance(GRACE)

  const client = await world.session()
  const due = await dueAliases(client, { at: START + 1_000, most: 100 })
  t.deepEqual(due.map(({ name }) => name).toSorted(), all)
  for (const one of due) t.is((await expire(one)).status, one.name === 'untouched' ? 'expired' : 'changed', one.name)
  t.deepEqual(
    (await events()).map(({ envelope }) => envelope.data['name']),
    ['untouched'],
  )

  // And by way of the reactor, whose tables lag behind the log at first.
  advance(1_000)
  react({ ...ports, expire: async (one) => (t.true(['replaced', 'elsewhere'].includes(one.name)), expire(one)) })
  await eventually(() => outcomes.length === 2)
  await eventually(async () => (await names()).length === 3)
  t.deepEqual(await names(), ['extended', 'kept', 'renewed'])
  t.deepEqual(outcomes, ['expired', 'expired'])
})

test('two reactors at once, of which one should be gone, tell the log once', async (t) => {
  const { world, store, epoch, advance, process, register, ports, outcomes, events, followed } = await open(t)
  for (let n = 1; n <= 40; n++) await register(`name-${n}`, n, START + n)
  const following = world.run(store)
  await followed()
  await following.stop()
  advance(GRACE + 100)
  const head = await store.head()
  const two = await Promise.all(
    [1, 2].map(async () => {
      const handler = process()
      const expire = (due: ExpiredSlot) => expireAlias(due, { aliases: handler, epoch })
      const expiry = new AliasExpiry({ ...ports, expire })
      const client = await world.session()
      const tenure = { client, log: store, generation: 0, at: head, head, signal, alive: async () => undefined }
      const publisher = await expiry.begin(tenure)
      return { publisher, expiry }
    }),
  )
  await Promise.all(two.map(({ publisher }) => publisher.publish(head)))
  await Promise.all(two.map(({ expiry }) => expiry.drained()))
  t.is(outcomes.length, 80)
  t.deepEqual([...new Set(outcomes)], ['expired'], 'to both it is done')
  t.is((await events()).length, 40)
})

test('a reactor that is killed between the steps is followed by one that finishes; more than it takes at a time are due', async (t) => {
  const { world, store, advance, register, react, expire, events, names } = await open(t)
  const many = 1_100
  const numbers = Array.from({ length: many }, (_, n) => n + 1)
  for (let first = 0; first < many; first += 100)
    await Promise.all(numbers.slice(first, first + 100).map((n) => register(`name-${n}`, n, START + n)))
  await register('stays', 5_000)
  advance(GRACE + many)
  let sent = 0
  const killed = react({
    async expire(due) {
      // Of some that it has sent it never hears; others it never sends.
      if (++sent > 400) return new Promise<never>(() => undefined)
      const outcome = expire(due)
      return sent % 2 === 0 ? new Promise<never>(() => undefined) : outcome
    },
  })
  await eventually(() => sent >= 64)
  await killed.stop()
  let [underWay, most] = [0, 0]
  const next = react({
    async expire(due) {
      most = Math.max(most, ++underWay)
      const outcome = await expire(due)
      underWay--
      return outcome
    },
  })
  await eventually(async () => (await names()).length === 1)
  t.deepEqual(await names(), ['stays'])
  const subjects = (await events()).map(({ subject }) => subject)
  t.is(subjects.length, many)
  t.is(new Set(subjects).size, many)
  t.true(most > 1 && most <= 64, `${most} under way`)
  t.is(await oldestOverdue(world.pool), 0)
  await next.stop()
  const replayed = await rebuildProjector(aliases, { database: world.database, log: store, signal })
  t.like(replayed, { status: 'swapped' })
  t.true(replayed.status === 'swapped' && replayed.tables.every(({ isEqual }) => isEqual))
})

test('a log that is away is waited for, and a fault ends nothing', async (t) => {
  const { world, advance, register, react, expire, outcomes, names, followed } = await open(t)
  await register('brief', 1, START + 1)
  advance(GRACE + 1)
  const faults: unknown[] = []
  let tries = 0
  const runner = react({
    async expire(due) {
      tries++
      if (tries < 3) return { status: 'unavailable' }
      if (tries === 3) throw new Error('a fault')
      return expire(due)
    },
    onFault: (error) => void faults.push(error),
  })
  await eventually(() => tries === 3)
  t.true((await oldestOverdue(world.pool)) > 3_600, 'the real clock is long past it')
  await eventually(async () => (await names()).length === 0)
  t.deepEqual(outcomes, ['unavailable', 'unavailable', 'expired'])
  t.deepEqual(faults, [new Error('a fault')])
  await register('next', 2)
  await followed()
  t.deepEqual([...new Set(runner.reports.map(({ state }) => state))], ['catching-up', 'live'])
})

test('a slot that is held back is left alone, and all others are cleaned', async (t) => {
  const { world, store, advance, register, react, outcomes, names, send } = await open(t)
  await register('held', 1, START + 1)
  await register('other', 2, START + 1)
  await send('alias.describe', { ...slot('held'), description: 'poison' })
  const { apply } = aliases
  const poisoned = {
    ...aliases,
    apply: async (...[batch, transaction]: Parameters<typeof apply>) => {
      if (batch.some(({ envelope }) => envelope.data['description'] === 'poison')) throw new Error('poison')
      await apply(batch, transaction)
    },
  }
  const first = world.run(store, { projector: poisoned })
  await world.untilPosition(3)
  await first.stop()
  advance(GRACE + 1)
  react()
  await eventually(async () => (await names()).length === 1)
  await world.untilPosition(4)
  t.deepEqual(await names(), ['held'])
  t.deepEqual(outcomes, ['expired'])
})

test('tables that an older release has made get the index that finds what is due', async (t) => {
  const { world, register, react } = await open(t)
  await register('name', 1)
  const older = react()
  await older.untilState('live')
  await older.stop()
  await world.pool.query(`drop index pharos_aliases_v${aliases.version}.idx_aliases_expires_at`)
  await react().untilState('live')
  const { rowCount } = await world.pool.query(
    `select from pg_indexes where tablename = 'aliases' and indexname = 'idx_aliases_expires_at'`,
  )
  t.is(rowCount, 1)
})
