import test from 'ava'
import fc from 'fast-check'
import { ulid } from 'ulid'
import { InMemoryEventStore } from '../../../commands/in-memory-event-store.ts'
import { InMemoryKeyBucket } from '../../../commands/personal/in-memory-key-bucket.ts'
import type { KeyBucket, StoredKeys } from '../../../commands/personal/key-bucket.ts'
import type { KeyName } from '../../../commands/personal/key-names.ts'
import { KeyRing } from '../../../commands/personal/key-ring.ts'
import { keyUsesIn } from '../../../commands/personal/key-uses.ts'
import { MasterKeys } from '../../../commands/personal/master-keys.ts'
import { PersonalEventStore } from '../../../commands/personal/personal-event-store.ts'
import { rotateKeys } from '../../../commands/personal/rotate-keys.ts'
import { epoch } from '../../../schemas/position.ts'
import { aggregateSubject } from '../../../schemas/subjects.ts'
import { gathered } from '../../support/gathered.ts'
import { registration, userWrite } from '../../projections/user-events.ts'

const OLD = 'the master key of yesterday, 32 bytes and more'
const NEW = 'the master key of tomorrow, 32 bytes and more'
const PEOPLE = ['ann', 'bob', 'cid']

type Step =
  | { readonly do: 'tell' | 'erase'; readonly at: number; readonly person: string }
  | { readonly do: 'read'; readonly at: number }
  | { readonly do: 'forget'; readonly at: number }
  | { readonly do: 'rotate' }

const at = fc.nat({ max: 1 })
const person = fc.constantFrom(...PEOPLE)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('tell' as const), at, person }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('erase' as const), at, person }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('read' as const), at }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), at }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rotate' as const) }) },
)

/** Each in its turn, beside those of the other two. */
const lane = fc.array(step, { maxLength: 7 })
const lanes = fc.tuple(lane, lane, lane)

/** Two processes over one log and one bucket, whose every request and every word that they hear comes when the scheduler says so. */
class World {
  readonly log = new InMemoryEventStore(epoch.parse(ulid()))
  readonly kept = new InMemoryKeyBucket()
  readonly erased = new Set<string>()
  readonly processes: readonly { readonly keys: KeyRing; readonly store: PersonalEventStore }[]
  readonly #scheduler: fc.Scheduler
  readonly #bucket: KeyBucket

  constructor(scheduler: fc.Scheduler) {
    this.#scheduler = scheduler
    const later = <A extends unknown[], R>(ask: (...args: A) => Promise<R>) => this.#later(ask)
    const write = async (name: KeyName, keys: StoredKeys, expected: number): Promise<number | undefined> => {
      const revision = await this.kept.write(name, keys, expected)
      if (revision !== undefined)
        for (const { keys: ring } of this.processes)
          void scheduler.schedule(Promise.resolve()).then(() => ring.heard(name, keys))
      return revision
    }
    this.#bucket = {
      read: later((name) => this.kept.read(name)),
      write: later(write),
      eraseBefore: later((name, revision) => this.kept.eraseBefore(name, revision)),
      all: () => this.kept.all(),
    }
    const log = new Proxy(this.log, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        const bound = value.bind(target) as (...args: unknown[]) => Promise<unknown>
        return ['append', 'readAggregate', 'lastRevision'].includes(String(name)) ? later(bound) : bound
      },
    })
    // One of them has been given the new master key, the other has it for reading only.
    this.processes = (
      [
        [NEW, OLD],
        [OLD, NEW],
      ] as const
    ).map((texts) => {
      const keys = new KeyRing({ bucket: this.#bucket, masterKeys: new MasterKeys(texts), uses: keyUsesIn(log) })
      return { keys, store: new PersonalEventStore(log, keys) }
    })
  }

  async run(one: Step): Promise<void> {
    await this.#scheduler.schedule(Promise.resolve())
    if (one.do === 'rotate') {
      const masterKeys = new MasterKeys([NEW, OLD])
      await rotateKeys({ bucket: this.#bucket, masterKeys, signal: new AbortController().signal })
      return
    }
    const process = this.processes[one.at] ?? this.processes[0]
    if (process === undefined) return
    if (one.do === 'forget') return process.keys.forgetAll()
    if (one.do === 'read') return void (await namesIn(process.store))
    const { person: who } = one
    const subject = aggregateSubject('user', who)
    const revision = await this.log.lastRevision(subject)
    if (one.do === 'tell') {
      // As commands do: nothing more is told of who is erased in the log.
      if (this.erased.has(who)) return
      const told = { userId: who, name: `${who}, told` }
      await process.store.append([
        revision === 0 ? registration(who, `${who}, told`) : userWrite('user.changed', told, revision),
      ])
      return
    }
    if (revision === 0) return
    const { status } = this.erased.has(who)
      ? { status: 'duplicate' }
      : await process.store.append([userWrite('user.erased', { userId: who }, revision)])
    if (status === 'conflict') return this.run(one)
    this.erased.add(who)
    await process.keys.destroy(who)
  }

  #later<A extends unknown[], R>(ask: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
    return async (...args) => {
      // Once on the way there, and once on the way back.
      await this.#scheduler.schedule(Promise.resolve())
      const answer = await ask(...args)
      await this.#scheduler.schedule(Promise.resolve())
      return answer
    }
  }
}

/** What the log says of each person's name, to a process of its own. */
async function namesIn(store: PersonalEventStore): Promise<readonly { who: string; name: string }[]> {
  const { sequence } = await store.head()
  const events = await gathered(
    store.readAll({ fromSequence: 1, untilSequence: sequence, signal: AbortSignal.timeout(60_000) }),
  )
  return events.flatMap(({ envelope: { data } }) =>
    typeof data['name'] === 'string' ? [{ who: String(data['userId']), name: data['name'] }] : [],
  )
}

test('however two processes tell, erase, rotate and forget at once: who is not erased is read by all, who is erased by nobody', async (t) => {
  const seen = { erased: 0, read: 0 }
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), lanes, async (scheduler, three) => {
      const world = new World(scheduler)
      const inTurn = async (steps: readonly Step[]): Promise<void> => {
        for (const one of steps) await world.run(one)
      }
      await scheduler.waitFor(Promise.all(three.map(inTurn)))
      await scheduler.waitIdle()
      const fresh = (texts: readonly [string, ...string[]]): PersonalEventStore => {
        const masterKeys = new MasterKeys(texts)
        return new PersonalEventStore(
          world.log,
          new KeyRing({ bucket: world.kept, masterKeys, uses: keyUsesIn(world.log) }),
        )
      }
      const names = await namesIn(fresh([NEW, OLD]))
      for (const { who, name } of names) t.is(name, world.erased.has(who) ? 'erased' : `${who}, told`)
      seen.erased += world.erased.size
      seen.read += names.length
      // Those who were there all the while have heard of everything.
      for (const { store } of world.processes) {
        const read = namesIn(store)
        await scheduler.waitFor(read)
        t.deepEqual(await read, names)
      }
      await rotateKeys({
        bucket: world.kept,
        masterKeys: new MasterKeys([NEW, OLD]),
        signal: new AbortController().signal,
      })
      t.deepEqual(await namesIn(fresh([NEW])), names)
    }),
    { numRuns: 150 },
  )
  t.true(seen.erased > 20 && seen.read > 200, JSON.stringify(seen))
})
