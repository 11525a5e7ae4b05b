import type { ExecutionContext } from 'ava'
import type { EventStore } from '../../commands/event-store.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import { alias, aWrite } from './a-write.ts'

type Declare = (title: string, implementation: (t: ExecutionContext) => Promise<void>) => void
type Open = (t: ExecutionContext) => Promise<EventStore>

/**
 * What every event store must do. Add it to a test file with that file's `test` or `test.serial`.
 * @param open a store with an empty log.
 */
export function eventStoreContract(test: Declare, open: Open): void {
  appending(test, open)
  guarding(test, open)
  reading(test, open)
  readingAll(test, open)
}

function appending(test: Declare, open: Open): void {
  test('an append is in the log, and the aggregate stands at its revision', async (t) => {
    const store = await open(t)
    const write = aWrite(alias('a'), 0, { data: { name: 'ä €' } })
    t.deepEqual(await store.append([write]), { status: 'appended', revisions: [1] })
    t.is(await store.lastRevision(alias('a')), 1)
    t.deepEqual(await store.readAggregate(alias('a')), [{ sequence: 1, subject: alias('a'), envelope: write.envelope }])
  })

  test('writes of one append stand together in their order', async (t) => {
    const store = await open(t)
    await store.append([aWrite(alias('x'))])
    const names = ['c', 'a', 'b']
    const result = await store.append(names.map((name) => aWrite(alias(name))))
    t.deepEqual(result, { status: 'appended', revisions: [2, 3, 4] })
    const events = await read(store, { fromSequence: 2, untilSequence: 4 })
    t.deepEqual(
      events.map((event) => event.subject),
      names.map(alias),
    )
  })

  test('the largest append is stored whole', async (t) => {
    const store = await open(t)
    const result = await store.append(Array.from({ length: 1000 }, (_, i) => aWrite(alias(`n${i}`))))
    t.is(result.status, 'appended')
    t.is((await store.head()).sequence, 1000)
  })

  test('a conflict says which aggregate stands where, and nothing is stored', async (t) => {
    const store = await open(t)
    await store.append([aWrite(alias('taken'))])
    const expected = { status: 'conflict', subject: alias('taken') } as const
    t.deepEqual(await store.append([aWrite(alias('taken'), 0)]), { ...expected, expected: 0, actual: 1 })
    t.deepEqual(await store.append([aWrite(alias('free')), aWrite(alias('taken'), 7)]), {
      ...expected,
      expected: 7,
      actual: 1,
    })
    t.deepEqual(await store.append([aWrite(alias('free'), 3)]), {
      status: 'conflict',
      subject: alias('free'),
      expected: 3,
      actual: 0,
    })
    t.is((await store.head()).sequence, 1)
  })

  test('the same append again is a duplicate with the first revisions, even when others wrote since', async (t) => {
    const store = await open(t)
    const single = [aWrite(alias('a'))]
    const several = [aWrite(alias('b')), aWrite(alias('c'))]
    await store.append(single)
    await store.append(several)
    t.deepEqual(await store.append(single), { status: 'duplicate', revisions: [1] })
    t.deepEqual(await store.append(several), { status: 'duplicate', revisions: [2, 3] })
    await store.append([aWrite(alias('a'), 1)])
    await store.append([aWrite(alias('c'), 3)])
    t.deepEqual(await store.append(single), { status: 'duplicate', revisions: [1] })
    t.deepEqual(await store.append(several), { status: 'duplicate', revisions: [2, 3] })
    t.is((await store.head()).sequence, 5)
  })

  test('an append of which only a part is in the log is a conflict', async (t) => {
    const store = await open(t)
    const known = aWrite(alias('a'))
    await store.append([known])
    const result = await store.append([aWrite(alias('b')), known])
    t.deepEqual(result, { status: 'conflict', subject: alias('a'), expected: 0, actual: 1 })
    t.is(await store.lastRevision(alias('b')), 0)
  })

  test('of two appends that expect the same, one is stored', async (t) => {
    const store = await open(t)
    const results = await Promise.all([store.append([aWrite(alias('a'))]), store.append([aWrite(alias('a'))])])
    t.deepEqual(results.map((result) => result.status).toSorted(), ['appended', 'conflict'])
    t.is((await store.readAggregate(alias('a'))).length, 1)
  })

  test('a conflict fails no neighbour that came at the same moment', async (t) => {
    const store = await open(t)
    await store.append([aWrite(alias('n70'))])
    const appends = Array.from({ length: 200 }, (_, i) => [aWrite(alias(`n${i}`)), aWrite(alias(`m${i}`))])
    const results = await Promise.all(appends.map((writes) => store.append(writes)))
    t.deepEqual(
      [...results.entries()].filter(([, result]) => result.status !== 'appended').map(([i]) => i),
      [70],
    )
    t.is((await store.head()).sequence, 1 + 2 * 199)
  })

  test('writes that no store could take are refused by name', async (t) => {
    const store = await open(t)
    const many = Array.from({ length: 1001 }, (_, i) => aWrite(alias(`n${i}`)))
    const huge = aWrite(alias('a'), 0, { data: { text: 'x'.repeat(2 ** 21) } })
    const refused = { instanceOf: RangeError }
    await t.throwsAsync(() => store.append([]), { ...refused, message: /at least one/ })
    await t.throwsAsync(() => store.append(many), { ...refused, message: /1001 writes, at most 1000/ })
    await t.throwsAsync(() => store.append([aWrite(alias('a')), aWrite(alias('a'))]), {
      ...refused,
      message: /two writes to evt\.alias\.a/,
    })
    await t.throwsAsync(() => store.append([huge]), { ...refused, message: /bytes, at most/ })
    t.is((await store.head()).sequence, 0)
  })
}

function guarding(test: Declare, open: Open): void {
  const guard = (name: string, expectedRevision: number) => ({ subject: alias(name), expectedRevision })
  const seal = (name: string, lastGuard: number) => ({ subject: alias(name), lastGuard })

  test('a guard lets an append through only while the other aggregate stands where it was', async (t) => {
    const store = await open(t)
    await store.append([aWrite(alias('company'))])
    const onCompany = { guards: [guard('company', 1)] }
    t.like(await store.append([aWrite(alias('a'))], onCompany), { status: 'appended' })
    t.like(await store.append([aWrite(alias('b'))], { guards: [guard('none', 0)] }), { status: 'appended' })
    const changed = await store.append([aWrite(alias('company'), 1)])
    t.is(changed.status, 'appended')
    const actual = await store.lastRevision(alias('company'))
    t.deepEqual(await store.append([aWrite(alias('c'))], onCompany), {
      status: 'conflict',
      subject: alias('company'),
      expected: 1,
      actual,
    })
    t.is(await store.lastRevision(alias('c')), 0)
  })

  test('a guard changes nothing but its mark, which is no event', async (t) => {
    const store = await open(t)
    await store.append([aWrite(alias('company'))])
    t.is(await store.lastGuard(alias('company')), 0)
    const guards = [guard('company', 1), guard('none', 0)]
    t.deepEqual(await store.append([aWrite(alias('a')), aWrite(alias('b'))], { guards }), {
      status: 'appended',
      revisions: [4, 5],
    })
    t.is(await store.lastGuard(alias('company')), 2)
    t.is(await store.lastGuard(alias('none')), 3)
    t.is(await store.lastRevision(alias('company')), 1)
    t.is((await store.readAggregate(alias('company'))).length, 1)
    t.is((await store.head()).sequence, 5)
    const events = await read(store, { fromSequence: 1, untilSequence: 5 })
    t.deepEqual(
      events.map((event) => event.sequence),
      [1, 4, 5],
    )
  })

  test('an append with guards again is a duplicate, also when what it guarded has changed since', async (t) => {
    const store = await open(t)
    await store.append([aWrite(alias('company'))])
    const writes = [aWrite(alias('a'))]
    const guards = [guard('company', 1)]
    const first = await store.append(writes, { guards })
    await store.append([aWrite(alias('company'), 1)])
    t.deepEqual(await store.append(writes, { guards }), { ...first, status: 'duplicate' } as typeof first)
  })

  test('a seal holds until somebody guards what it is on', async (t) => {
    const store = await open(t)
    await store.append([aWrite(alias('company'))])
    await store.append([aWrite(alias('a'))], { guards: [guard('company', 1)] })
    const expected = { status: 'conflict', subject: alias('company') } as const
    t.deepEqual(await store.append([aWrite(alias('company'), 1)], { seals: [seal('company', 0)] }), {
      ...expected,
      expected: 0,
      actual: 2,
    })
    const lastGuard = await store.lastGuard(alias('company'))
    t.like(await store.append([aWrite(alias('company'), 1)], { seals: [seal('company', lastGuard)] }), {
      status: 'appended',
    })
    t.like(await store.append([aWrite(alias('b'))], { guards: [guard('company', 1)] }), expected)
  })

  test('of a guard and a seal that meet, one gives way', async (t) => {
    const store = await open(t)
    for (let round = 0; round < 20; round++) {
      const company = alias(`company${round}`)
      await store.append([aWrite(company)])
      const at = await store.lastRevision(company)
      const [referring, removing] = await Promise.all([
        store.append([aWrite(alias(`child${round}`))], { guards: [{ subject: company, expectedRevision: at }] }),
        store.append([aWrite(company, at)], { seals: [{ subject: company, lastGuard: 0 }] }),
      ])
      t.deepEqual([referring.status, removing.status].toSorted(), ['appended', 'conflict'])
    }
  })

  test('many that guard the same at the same moment are all stored', async (t) => {
    const store = await open(t)
    await store.append([aWrite(alias('company'))])
    const guards = [guard('company', 1)]
    const appends = Array.from({ length: 100 }, (_, i) => store.append([aWrite(alias(`n${i}`))], { guards }))
    const results = await Promise.all(appends)
    t.true(results.every(({ status }) => status === 'appended'))
    const revisions = results.flatMap((result) => (result.status === 'appended' ? result.revisions : []))
    t.is(new Set(revisions).size, 100)
    for (const [i, result] of results.entries())
      if (result.status === 'appended') t.deepEqual(result.revisions, [await store.lastRevision(alias(`n${i}`))])
  })

  test('a guard that fails takes no neighbour with it', async (t) => {
    const store = await open(t)
    await store.append([aWrite(alias('company'))])
    const results = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        store.append([aWrite(alias(`n${i}`))], { guards: [guard('company', i === 33 ? 7 : 1)] }),
      ),
    )
    t.deepEqual(
      [...results.entries()].filter(([, { status }]) => status !== 'appended').map(([i]) => i),
      [33],
    )
    t.like(results[33], { status: 'conflict', subject: alias('company'), expected: 7, actual: 1 })
  })

  test('conditions that make no sense are refused by name', async (t) => {
    const store = await open(t)
    const refused = (message: RegExp) => ({ instanceOf: RangeError, message })
    const writes = [aWrite(alias('a'))]
    await t.throwsAsync(() => store.append(writes, { guards: [guard('a', 0)] }), refused(/guard on evt\.alias\.a/))
    await t.throwsAsync(
      () => store.append(writes, { guards: [guard('b', 0), guard('b', 0)] }),
      refused(/two guards on evt\.alias\.b/),
    )
    await t.throwsAsync(() => store.append(writes, { seals: [seal('b', 0)] }), refused(/seal on evt\.alias\.b/))
    const guards = Array.from({ length: 1000 }, (_, i) => guard(`n${i}`, 0))
    await t.throwsAsync(() => store.append(writes, { guards }), refused(/1001 writes, at most 1000/))
  })
}

function reading(test: Declare, open: Open): void {
  test('an aggregate that was never written stands at 0 and is empty', async (t) => {
    const store = await open(t)
    t.is(await store.lastRevision(alias('none')), 0)
    t.deepEqual(await store.readAggregate(alias('none')), [])
    t.is((await store.head()).sequence, 0)
  })

  test('a long aggregate among others is read whole and in order', async (t) => {
    const store = await open(t)
    const expected: number[] = []
    for (let i = 0; i < 300; i++) {
      const long = aWrite(alias('long'), expected.at(-1) ?? 0)
      const result = await store.append([aWrite(alias(`other${i}`)), long])
      if (result.status === 'appended') expected.push(result.revisions[1] ?? 0)
    }
    const events = await store.readAggregate(alias('long'))
    t.is(events.length, 300)
    t.deepEqual(
      events.map((event) => event.sequence),
      expected,
    )
  })

  test('an aggregate does not hold what stands below it', async (t) => {
    const store = await open(t)
    await store.append([aWrite(alias('a'))])
    await store.append([aWrite(alias('ab'))])
    t.is((await store.readAggregate(alias('a'))).length, 1)
  })

  test('the epoch stays while the log grows', async (t) => {
    const store = await open(t)
    const before = await store.head()
    await store.append([aWrite(alias('a'))])
    t.deepEqual(await store.head(), { epoch: before.epoch, sequence: 1 })
  })
}

function readingAll(test: Declare, open: Open): void {
  const filled = async (t: ExecutionContext): Promise<EventStore> => {
    const store = await open(t)
    await store.append(['a', 'b', 'c', 'd'].map((name) => aWrite(alias(name))))
    return store
  }

  test('the log is read from, until and by filter', async (t) => {
    const store = await filled(t)
    const sequences = async (options: Range): Promise<number[]> =>
      (await read(store, options)).map((event) => event.sequence)
    t.deepEqual(await sequences({ fromSequence: 0, untilSequence: 4 }), [1, 2, 3, 4])
    t.deepEqual(await sequences({ fromSequence: 2, untilSequence: 3 }), [2, 3])
    t.deepEqual(await sequences({ fromSequence: 1, untilSequence: 3, subjects: [alias('b'), alias('d')] }), [2])
    t.deepEqual(await sequences({ fromSequence: 1, untilSequence: 4, subjects: ['evt.*.c', 'evt.alias.a'] }), [1, 3])
    t.deepEqual(await sequences({ fromSequence: 3, untilSequence: 2 }), [])
    t.deepEqual(await sequences({ fromSequence: 1, untilSequence: 0 }), [])
  })

  test('a filter that matches nothing ends all the same', async (t) => {
    const store = await filled(t)
    t.deepEqual(await read(store, { fromSequence: 1, untilSequence: 4, subjects: ['evt.channel.>'] }), [])
    t.deepEqual(await read(store, { fromSequence: 4, untilSequence: 4, subjects: [alias('a')] }), [])
  })

  test('an end that is still to come is waited for, whoever reaches it', async (t) => {
    const store = await filled(t)
    const reading = read(store, { fromSequence: 1, untilSequence: 6, subjects: [alias('a')] })
    await store.append([aWrite(alias('a'), 1)])
    await store.append([aWrite(alias('b'), 2)])
    t.deepEqual(
      (await reading).map((event) => event.sequence),
      [1, 5],
    )
  })

  test('a read goes on with what is appended meanwhile, and ends when aborted', async (t) => {
    const store = await filled(t)
    const abort = new AbortController()
    const seen: number[] = []
    for await (const event of store.readAll({ fromSequence: 4, signal: abort.signal })) {
      seen.push(event.sequence)
      if (event.sequence < 6) await store.append([aWrite(alias(`new${event.sequence}`))])
      else abort.abort()
    }
    t.deepEqual(seen, [4, 5, 6])
  })

  test('a read that starts beyond the end gives nothing older', async (t) => {
    const store = await filled(t)
    const reading = read(store, { fromSequence: 6, untilSequence: 6 })
    await store.append([aWrite(alias('e'))])
    await store.append([aWrite(alias('f'))])
    t.deepEqual(
      (await reading).map((event) => event.sequence),
      [6],
    )
  })

  test('aborting ends a read that waits, and one that has not begun', async (t) => {
    const store = await filled(t)
    const abort = new AbortController()
    const iterator = store.readAll({ fromSequence: 5, signal: abort.signal })[Symbol.asyncIterator]()
    const next = iterator.next()
    await store.lastRevision(alias('a'))
    abort.abort()
    t.true((await next).done)
    t.deepEqual(await read(store, { fromSequence: 1, signal: abort.signal }), [])
  })

  test('a reader may turn away in the middle', async (t) => {
    const store = await filled(t)
    for await (const event of store.readAll({ fromSequence: 1, signal: new AbortController().signal })) {
      if (event.sequence === 2) break
    }
    t.is((await read(store, { fromSequence: 1, untilSequence: 4 })).length, 4)
  })
}

type Range = Omit<Parameters<EventStore['readAll']>[0], 'signal'> & { readonly signal?: AbortSignal }

async function read(store: EventStore, options: Range): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = []
  for await (const event of store.readAll({ signal: AbortSignal.timeout(60_000), ...options })) events.push(event)
  return events
}
