import test from 'ava'
import fc from 'fast-check'
import { setImmediate } from 'node:timers/promises'
import type { AppendResult } from '../../commands/event-store.ts'
import { GroupCommit, type Append, type CommitOutcome } from '../../commands/group-commit.ts'
import { alias } from './a-write.ts'

interface Planned extends Append {
  /** `subjects[i]` is expected at this revision. */
  readonly expected: readonly number[]
  /** `guarded[i]` is expected at this revision. */
  readonly stands: readonly number[]
  readonly guarded: readonly string[]
  readonly messages: number
}

const append = (
  names: readonly string[],
  expected: readonly number[] = names.map(() => 0),
  guarded: readonly string[] = [],
  stands: readonly number[] = guarded.map(() => 0),
): Planned => ({
  subjects: names.map(alias),
  expected,
  guarded: guarded.map(alias),
  stands,
  messages: names.length + guarded.length,
  bytes: names.length,
})

/** A log that counts revisions per aggregate, and watches over what may never happen. */
class FakeLog {
  readonly groups: Planned[][] = []
  readonly faults: string[] = []
  readonly #revisions = new Map<string, number>()
  readonly #underWay = new Set<string>()
  readonly #turns: (group: number) => number

  constructor(turns: (group: number) => number = () => 1) {
    this.#turns = turns
  }

  readonly commit = async (appends: readonly Planned[]): Promise<CommitOutcome> => {
    const guarded = new Set(appends.flatMap((planned) => planned.guarded))
    const subjects = [...appends.flatMap((planned) => planned.subjects), ...guarded]
    const messages = appends.reduce((sum, planned) => sum + planned.messages, 0)
    if (messages > 1000) this.faults.push(`a group of ${messages}`)
    for (const subject of subjects) {
      if (this.#underWay.has(subject)) this.faults.push(`${subject} is under way twice`)
      this.#underWay.add(subject)
    }
    this.groups.push([...appends])
    for (let turn = this.#turns(this.groups.length); turn > 0; turn--) await setImmediate()
    for (const subject of subjects) this.#underWay.delete(subject)
    if (appends.length > 1 && appends.some((planned) => this.#clash(planned) >= 0)) return { status: 'refused' }
    return { status: 'settled', results: appends.map((planned) => this.alone(planned)) }
  }

  alone(planned: Planned): AppendResult {
    const at = this.#clash(planned)
    if (at >= 0) {
      const [subject, expected] = [alias('clash'), [...planned.expected, ...planned.stands][at] ?? 0]
      const on = [...planned.subjects, ...planned.guarded][at]
      return { status: 'conflict', subject, expected, actual: this.#revision(on ?? '') }
    }
    for (const subject of planned.subjects) this.#revisions.set(subject, this.#revision(subject) + 1)
    return { status: 'appended', revisions: planned.subjects.map((subject) => this.#revision(subject)) }
  }

  #clash({ subjects, expected, guarded, stands }: Planned): number {
    const all = [...expected, ...stands]
    return [...subjects, ...guarded].findIndex((subject, i) => this.#revision(subject) !== all[i])
  }

  #revision(subject: string): number {
    return this.#revisions.get(subject) ?? 0
  }
}

test('every append ends as it would alone, and no aggregate is ever under way twice', async (t) => {
  const names = ['a', 'b', 'c', 'd', 'e']
  const planned = fc
    .tuple(
      fc.shuffledSubarray(names, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(2), { minLength: 4, maxLength: 4 }),
      fc.nat(2),
    )
    .map(([chosen, expected, guards]) => {
      const writes = Math.max(1, chosen.length - guards)
      return append(chosen.slice(0, writes), expected.slice(0, writes), chosen.slice(writes), expected.slice(writes))
    })
  const arrivals = fc.array(fc.tuple(planned, fc.nat(2)), { maxLength: 40 })
  const limits = fc.record({
    inFlight: fc.integer({ min: 1, max: 4 }),
    alone: fc.nat(3),
    groupBytes: fc.integer({ min: 1, max: 20 }),
  })
  const turns = fc.infiniteStream(fc.nat(4))
  await fc.assert(
    fc.asyncProperty(arrivals, limits, turns, async (appends, limit, delays) => {
      const log = new FakeLog(() => delays.next().value ?? 0)
      const group = new GroupCommit(log.commit, limit)
      const results: Promise<AppendResult>[] = []
      for (const [one, pause] of appends) {
        results.push(group.append(one))
        for (let turn = 0; turn < pause; turn++) await setImmediate()
      }
      const specification = new FakeLog()
      t.deepEqual(
        await Promise.all(results),
        appends.map(([one]) => specification.alone(one)),
      )
      t.deepEqual(log.faults, [])
    }),
    { numRuns: 200 },
  )
})

test('who comes at the same moment goes together', async (t) => {
  const log = new FakeLog()
  const group = new GroupCommit(log.commit)
  const names = Array.from({ length: 1200 }, (_, i) => `n${i}`)
  await Promise.all(names.map((name) => group.append(append([name]))))
  t.deepEqual(
    log.groups.map((members) => members.length),
    [1000, 200],
  )
})

test('appends to one aggregate go one after the other, in their order', async (t) => {
  const log = new FakeLog()
  const group = new GroupCommit(log.commit)
  const results = await Promise.all([0, 1, 2].map((expected) => group.append(append(['a'], [expected]))))
  t.deepEqual(
    results.map((result) => result.status),
    ['appended', 'appended', 'appended'],
  )
  t.is(log.groups.length, 3)
})

test('one that must wait lets none of its aggregates be overtaken', async (t) => {
  const log = new FakeLog()
  const group = new GroupCommit(log.commit, { alone: 0 })
  const appends = [append(['a']), append(['a', 'b'], [1, 0]), append(['b'], [1]), append(['c'])]
  await Promise.all(appends.map((one) => group.append(one)))
  t.deepEqual(log.groups, [[append(['a']), append(['c'])], [append(['a', 'b'], [1, 0])], [append(['b'], [1])]])
})

test('a few go each alone, at once, and those who come meanwhile are no group beside them', async (t) => {
  const log = new FakeLog(() => 3)
  const group = new GroupCommit(log.commit, { alone: 3 })
  const sizes = (): number[] => log.groups.map((members) => members.length)
  const first = ['a', 'b'].map((name) => group.append(append([name])))
  await setImmediate()
  await setImmediate()
  t.deepEqual(sizes(), [1, 1])
  const second = ['c', 'd', 'e', 'f'].map((name) => group.append(append([name])))
  await setImmediate()
  t.deepEqual(sizes(), [1, 1])
  await Promise.all([...first, ...second])
  t.deepEqual(sizes(), [1, 1, 4])
})

test('who waits goes as soon as a group has settled, before anything else is read', async (t) => {
  const settle: (() => void)[] = []
  const sizes: number[] = []
  const commit = new GroupCommit(
    async (appends) => {
      sizes.push(appends.length)
      await new Promise<void>((resolve) => settle.push(resolve))
      return { status: 'settled', results: appends.map(() => ({ status: 'appended', revisions: [1] })) }
    },
    { alone: 0 },
  )
  const sent = ['a', 'b', 'c', 'd'].map((name) => commit.append(append([name])))
  await setImmediate()
  sent.push(commit.append(append(['e'])))
  await setImmediate()
  t.deepEqual(sizes, [4])
  settle[0]?.()
  // Within this turn of the event loop.
  for (let step = 0; step < 20; step++) await Promise.resolve()
  t.deepEqual(sizes, [4, 1])
  settle[1]?.()
  t.deepEqual(new Set((await Promise.all(sent)).map(({ status }) => status)), new Set(['appended']))
})

test('a group goes beside another only when it is nearly as large', async (t) => {
  const log = new FakeLog((group) => (group === 1 ? 20 : 1))
  const commit = new GroupCommit(log.commit, { alone: 0 })
  const sent: Promise<AppendResult>[] = []
  const send = async (count: number): Promise<number[]> => {
    for (let i = 0; i < count; i++) sent.push(commit.append(append([`${sent.length}`])))
    for (let turn = 0; turn < 3; turn++) await setImmediate()
    return log.groups.map((group) => group.length)
  }
  t.deepEqual(await send(8), [8])
  t.deepEqual(await send(6), [8], 'three quarters: it waits for more, or for the other to end')
  t.deepEqual(await send(1), [8, 7])
  await Promise.all(sent)
  t.deepEqual(await send(2), [8, 7, 2], 'none under way: nothing to wait for')
  await Promise.all(sent)
})

test('those that guard the same go together, and never beside what writes it', async (t) => {
  const log = new FakeLog()
  const group = new GroupCommit(log.commit)
  const guarding = (name: string): Planned => append([name], [0], ['company'], [1])
  const appends = [append(['company']), guarding('a'), guarding('b'), append(['company'], [1]), guarding('c')]
  const results = await Promise.all(appends.map((one) => group.append(one)))
  t.deepEqual(
    results.map((result) => result.status),
    ['appended', 'appended', 'appended', 'appended', 'conflict'],
  )
  t.deepEqual(
    log.groups.map((members) => members.flatMap(({ subjects }) => subjects)),
    [[alias('company')], [alias('a'), alias('b')], [alias('company')], [alias('c')]],
  )
})

test('a small refused group goes one by one', async (t) => {
  const log = new FakeLog()
  const group = new GroupCommit(log.commit, { alone: 0 })
  const appends = Array.from({ length: 8 }, (_, i) => append([`n${i}`], [i === 5 ? 1 : 0]))
  const results = await Promise.all(appends.map((one) => group.append(one)))
  t.deepEqual(
    [...results.entries()].filter(([, result]) => result.status !== 'appended').map(([i]) => i),
    [5],
  )
  t.deepEqual(
    log.groups.map((members) => members.length),
    [8, 1, 1, 1, 1, 1, 1, 1, 1],
  )
})

test('a large refused group is halved first, so that those who are not at fault stay together', async (t) => {
  const log = new FakeLog()
  const group = new GroupCommit(log.commit)
  const appends = Array.from({ length: 100 }, (_, i) => append([`n${i}`], [i === 99 ? 1 : 0]))
  const results = await Promise.all(appends.map((one) => group.append(one)))
  t.is(results.filter((result) => result.status === 'appended').length, 99)
  t.deepEqual(
    log.groups.map((members) => members.length).filter((size) => size > 1),
    [100, 50, 50, 25, 25],
  )
})

test('groups are bounded in bytes, but a large append still goes, alone', async (t) => {
  const log = new FakeLog()
  const group = new GroupCommit(log.commit, { groupBytes: 10, alone: 0 })
  const sized = (name: string, bytes: number): Planned => ({ ...append([name]), bytes })
  await Promise.all([sized('a', 6), sized('b', 6), sized('c', 50), sized('d', 4)].map((one) => group.append(one)))
  t.deepEqual(
    log.groups.map((members) => members.map(({ bytes }) => bytes)),
    [[6, 4], [6], [50]],
  )
})

test('more than may wait are unavailable at once', async (t) => {
  const group = new GroupCommit(new FakeLog().commit, { waiting: 2 })
  const results = ['a', 'b', 'c'].map((name) => group.append(append([name])))
  t.is((await results[2])?.status, 'unavailable')
  t.deepEqual(
    (await Promise.all(results.slice(0, 2))).map((result) => result.status),
    ['appended', 'appended'],
  )
  t.is((await group.append(append(['c']))).status, 'appended')
})

test('what a commit throws reaches its own appends, and the next ones go on', async (t) => {
  let broken = true
  const log = new FakeLog()
  const group = new GroupCommit(async (appends: readonly Planned[]) => {
    if (broken) throw new Error('broken')
    return log.commit(appends)
  })
  await t.throwsAsync(group.append(append(['a'])), { message: 'broken' })
  broken = false
  t.is((await group.append(append(['a']))).status, 'appended')
})
