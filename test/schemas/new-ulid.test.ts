import test from 'ava'
import { decodeTime, isValid } from 'ulid'
import { newUlid } from '../../schemas/new-ulid.ts'

test.serial('each ULID is one, of its time, and comes after those before', (t) => {
  const began = Date.now()
  let last = newUlid()
  for (let i = 0; i < 10_000; i++) {
    const id = newUlid()
    if (!isValid(id) || id <= last) return t.fail(`${id} after ${last}`)
    last = id
  }
  t.true(decodeTime(last) >= began && decodeTime(last) <= Date.now())
})

test.serial(
  'also when the clock stands still, goes back, and has to stand for more than a millisecond has room for',
  (t) => {
    const { now } = Date
    t.teardown(() => (Date.now = now))
    const still = now() + 60_000
    let [last, times] = [newUlid(), new Set<number>()]
    for (let i = 0; i < 2_200_000; i++) {
      Date.now = () => still - (i % 2)
      const id = newUlid()
      if (id <= last) return t.fail(`${id} after ${last}`)
      last = id
      if (i % 10_000 === 0) times.add(decodeTime(id))
    }
    t.true(times.size >= 3 && times.size <= 5, `${times.size} milliseconds`)
    t.true(isValid(last))
  },
)

test.serial('the first of each millisecond is random', (t) => {
  const { now } = Date
  t.teardown(() => (Date.now = now))
  const later = now() + 120_000
  const ends = new Set<string>()
  for (let i = 0; i < 1000; i++) {
    Date.now = () => later + i
    ends.add(newUlid().slice(10))
  }
  t.is(ends.size, 1000)
})
