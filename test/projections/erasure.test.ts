import test, { type ExecutionContext } from 'ava'
import { InMemoryEventStore } from '../../commands/in-memory-event-store.ts'
import { InMemoryKeyBucket } from '../../commands/personal/in-memory-key-bucket.ts'
import { nameOfKey, personName } from '../../commands/personal/key-names.ts'
import { KeyRing } from '../../commands/personal/key-ring.ts'
import { keyUsesIn } from '../../commands/personal/key-uses.ts'
import { MasterKeys } from '../../commands/personal/master-keys.ts'
import { PersonalEventStore } from '../../commands/personal/personal-event-store.ts'
import { type ErasurePorts, erasurePublication } from '../../projections/erasure/erasure-publication.ts'
import { erasedPersons, recordErasures, reopenErasures } from '../../projections/erasure/erasure-ledger.ts'
import { erasures } from '../../projections/erasure/erasures.ts'
import { openErasures } from '../../projections/erasure/open-erasures.ts'
import { scrubTables } from '../../projections/erasure/scrub-tables.ts'
import { REBUILD_LOCK, tryLock } from '../../projections/ownership.ts'
import { rebuildProjector } from '../../projections/rebuild.ts'
import { buildScratch } from '../../projections/as-of/scratch.ts'
import { eventually } from '../support/infrastructure.ts'
import { EPOCH } from './alias-events.ts'
import { people } from './people.ts'
import { ProjectionWorld } from './projection-world.ts'
import { registration, userWrite } from './user-events.ts'

const MASTER = new MasterKeys(['the master key of these tests, 32 bytes and more'])
const WAIT = { timeoutMs: 60_000 }

async function open(t: ExecutionContext) {
  const world = await ProjectionWorld.create(t)
  const log = new InMemoryEventStore(EPOCH)
  const bucket = new InMemoryKeyBucket()
  const uses = keyUsesIn(log)
  const keys = new KeyRing({ bucket, masterKeys: MASTER, uses })
  const store = new PersonalEventStore(log, keys)
  const erasedAgain: string[] = []
  const ports: ErasurePorts = {
    destroyKey: (person) => keys.destroy(person),
    eraseAgain: async (person) => void erasedAgain.push(person),
    scrub: (signal) => scrubTables([people], world.database, signal),
    shownBy: ['people'],
    onFault: (error) => t.log(error),
    scrubEveryMs: 50,
  }
  const react = (changes: Partial<ErasurePorts> = {}) =>
    world.run(log, { projector: erasures, publication: erasurePublication({ ...ports, ...changes }) })
  const show = () => world.run(store, { projector: people })
  const ledger = async () =>
    (
      await world.pool.query<{ person: string; destroyed: boolean; scrubbed: boolean }>(
        `select person, key_destroyed_at is not null as destroyed, scrubbed_at is not null as scrubbed
         from pharos_system.erasures order by person`,
      )
    ).rows
  const append = async (...writes: Parameters<typeof store.append>[0]) => {
    for (const write of writes) t.is((await store.append([write])).status, 'appended')
  }
  /** As a process finds it that has just been started. */
  const hasKey = async (person: string) => {
    const id = (await uses(person)).at(-1)
    if (id === undefined) throw new Error(`the log has nothing of ${person}`)
    return (await new KeyRing({ bucket, masterKeys: MASTER, uses }).find(person, id)) !== undefined
  }
  return { world, log, bucket, keys, hasKey, store, ports, erasedAgain, react, show, ledger, append }
}

const erased = (userId: string, expected: number) => userWrite('user.erased', { userId }, expected)

test('an erasure destroys the key, and when all tables have followed, these are rewritten', async (t) => {
  const { world, hasKey, react, show, ledger, append } = await open(t)
  await append(registration('ann', 'Ann Ames', 'ann@example.com'), registration('bob', 'Bob Bell'))
  const shown = show()
  await world.untilPosition(2, 'people')
  await shown.stop()
  await append(erased('ann', 1))
  const reactor = react()
  await eventually(async () => !(await hasKey('ann')), WAIT)
  await eventually(async () => (await ledger())[0]?.destroyed, WAIT)
  t.deepEqual(await ledger(), [{ person: 'ann', destroyed: true, scrubbed: false }], 'the tables have not followed')
  const left = await openErasures(world.pool)
  t.true(left.key === 0 && left.tables > 0, JSON.stringify(left))
  const { rows: before } = await world.pool.query(`select pg_relation_filenode('pharos_people_v1.people') as file`)
  show()
  await eventually(async () => (await ledger())[0]?.scrubbed, WAIT)
  t.deepEqual(await openErasures(world.pool), { key: 0, tables: 0 })
  const { rows: after } = await world.pool.query(`select pg_relation_filenode('pharos_people_v1.people') as file`)
  t.notDeepEqual(before, after)
  const { rows } = await world.pool.query('select user_id, name from pharos_people_v1.people')
  t.deepEqual(rows, [{ user_id: 'bob', name: 'Bob Bell' }])
  t.true(await hasKey('bob'))
  await reactor.stop()
})

test('Postgres keeps no statistics of what people are called', async (t) => {
  const { world, show, append } = await open(t)
  for (let i = 0; i < 20; i++) await append(registration(`p${i}`, `Name ${i % 3}`, `${i}@example.com`))
  show()
  await world.untilPosition(20, 'people')
  await world.pool.query('analyze pharos_people_v1.people')
  const { rows } = await world.pool.query(
    `select attname from pg_stats where schemaname = 'pharos_people_v1' and tablename = 'people' order by attname`,
  )
  t.deepEqual(rows, [{ attname: 'user_id' }])
})

test('a reactor that is killed between the steps is followed by one that finishes, whatever was done', async (t) => {
  const { hasKey, keys, react, show, ledger, append } = await open(t)
  await append(registration('ann', 'Ann'), registration('bob', 'Bob'), erased('ann', 1), erased('bob', 2))
  show()
  let tries = 0
  const first = react({
    async destroyKey(person) {
      // The first is destroyed and nobody notes it; the second is not.
      if (++tries > 1) throw new Error('killed')
      await keys.destroy(person)
    },
  })
  await first.untilState('away')
  await first.stop()
  t.false(await hasKey('ann'))
  t.true(await hasKey('bob'))
  react()
  await eventually(async () => (await ledger()).filter(({ scrubbed }) => scrubbed).length === 2, WAIT)
  t.false(await hasKey('bob'))
})

test('a rebuild that is under way is waited for; then its remains and what was kept of the past are gone too', async (t) => {
  const { world, log, store, react, show, ledger, append } = await open(t)
  await append(registration('ann', 'Ann Ames'))
  show()
  await world.untilPosition(1, 'people')
  const moment = { position: { epoch: EPOCH, sequence: 1 }, at: Date.now() }
  await buildScratch(people, {
    database: world.database,
    log: store,
    signal: AbortSignal.timeout(60_000),
    moment,
    name: 'kept',
    expiresAt: new Date(Date.now() + 3_600_000),
  })
  const rebuilder = await world.session(people)
  t.true(await tryLock(rebuilder, REBUILD_LOCK, 'people'))
  await rebuilder.query('create schema pharos_people_v7; create table pharos_people_v7.people (name text)')
  await append(erased('ann', 1))
  const scrubs: boolean[] = []
  react({
    async scrub(signal) {
      const isDone = await scrubTables([people], world.database, signal)
      scrubs.push(isDone)
      return isDone
    },
  })
  await eventually(() => scrubs.includes(false), WAIT)
  t.false((await ledger())[0]?.scrubbed)
  await rebuilder.query('select pg_advisory_unlock_all()')
  await eventually(async () => (await ledger())[0]?.scrubbed, WAIT)
  const { rows } = await world.pool.query(
    `select nspname from pg_namespace where nspname ~ '^pharos_(people|at|scratch)' order by nspname`,
  )
  t.deepEqual(rows, [{ nspname: 'pharos_people_v1' }])
  t.is((await log.head()).sequence, 2)
})

test('whoever is held back is not said to be gone', async (t) => {
  const { world, react, show, ledger, append } = await open(t)
  // Twice the same: the second cannot be applied, and all of ann is held back from there on.
  await append(registration('ann', 'Ann Ames'))
  await append(
    userWrite('user.registered', { userId: 'ann', companyId: 'c', name: 'Ann Ames', email: null, phone: null }, 1),
  )
  await append(erased('ann', 2))
  show()
  await world.untilPosition(3, 'people')
  react()
  await eventually(async () => (await ledger())[0]?.destroyed, WAIT)
  await world.untilPosition(3, 'erasures')
  t.false((await ledger())[0]?.scrubbed)
  const { rows } = await world.pool.query<{ error: string }>('select error from pharos.parked')
  t.is(rows.length, 1)
})

test('what is parked says nothing of the person, though the error does', async (t) => {
  const { world, store, append } = await open(t)
  await append(registration('ann', 'Ann "the" Ames', 'ann@example.com'))
  const poisoned = {
    ...people,
    apply: async () => {
      throw new Error(`cannot take Ann "the" Ames, {"name":"Ann \\"the\\" Ames"}, ann@example.com`)
    },
  }
  world.run(store, { projector: poisoned })
  await world.untilPosition(1, 'people')
  const { rows } = await world.pool.query('select error from pharos.parked')
  t.deepEqual(rows, [{ error: 'Error: cannot take [personal], {"name":"[personal]"}, [personal]' }])
})

test('who is in the ledger and not in the log is erased again: a restore has lost it', async (t) => {
  const { world, bucket, keys, erasedAgain, react, append } = await open(t)
  await append(registration('ann', 'Ann'), registration('bob', 'Bob'), erased('bob', 2))
  await keys.ensure('cid', true)
  const client = await world.session(erasures)
  await recordErasures(client, ['ann', 'cid'], new Date())
  await recordErasures(client, ['ann'], new Date())
  react()
  await eventually(() => erasedAgain.length >= 2, WAIT)
  t.deepEqual(erasedAgain.slice(0, 2), ['ann', 'cid'])
  for (const person of ['ann', 'bob', 'cid'])
    await eventually(async () => (await bucket.read(personName(person)))?.keys.status === 'erased', WAIT)
  t.deepEqual(await erasedPersons(client), ['ann', 'bob', 'cid'])
})

test('whoever is told of again before the log says that they are erased is destroyed again, and rewritten', async (t) => {
  const { world, log, bucket, hasKey, ports, ledger, react, show, append } = await open(t)
  const elsewhere = new PersonalEventStore(log, new KeyRing({ bucket, masterKeys: MASTER, uses: keyUsesIn(log) }))
  const client = await world.session(erasures)
  await recordErasures(client, ['ann'], new Date())
  await client.query('update pharos_system.erasures set key_destroyed_at = now(), scrubbed_at = now()')
  show()
  let isAgain = false
  react({
    async destroyKey(person) {
      await ports.destroyKey(person)
      if (!isAgain) t.is((await elsewhere.append([registration('ann', 'Ann Ames')])).status, 'appended')
      isAgain = true
    },
    eraseAgain: async (person) => append(erased(person, (await log.head()).sequence)),
  })
  await eventually(async () => isAgain && !(await hasKey('ann')), WAIT)
  await eventually(async () => (await ledger())[0]?.scrubbed, WAIT)
})

test('keys that came back are destroyed again once the ledger is opened, and a rebuild forgets nobody', async (t) => {
  const { world, log, bucket, hasKey, ledger, react, show, append } = await open(t)
  await append(registration('ann', 'Ann'))
  const [id = ''] = await keyUsesIn(log)('ann')
  const before = (await bucket.read(nameOfKey(id, 'ann'))) ?? t.fail()
  await append(erased('ann', 1))
  show()
  const reactor = react()
  await eventually(async () => (await ledger())[0]?.scrubbed, WAIT)
  await reactor.stop()
  t.false(await hasKey('ann'))
  const client = await world.session(erasures)
  await reopenErasures(client)
  const revision = (await bucket.read(nameOfKey(id, 'ann')))?.revision ?? 0
  await bucket.write(nameOfKey(id, 'ann'), before.keys, revision)
  t.true(await hasKey('ann'), 'as a restore brings it back')
  const signal = AbortSignal.timeout(60_000)
  const rebuilt = await rebuildProjector(erasures, { database: world.database, log, signal })
  t.is(rebuilt.status, 'swapped')
  react()
  await eventually(async () => (await ledger())[0]?.scrubbed, WAIT)
  t.false(await hasKey('ann'))
})
