import test from 'ava'
import { Writable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { Failure } from '../../gateways/cli/failure.ts'
import type { EventFilter } from '../../gateways/cli/replay/event-filter.ts'
import { logPlace } from '../../gateways/cli/replay/log-place.ts'
import type { StoredLog } from '../../commands/stored-log.ts'
import { replayLog } from '../../gateways/cli/replay/replay-log.ts'
import { storedLine } from '../../gateways/cli/replay/stored-line.ts'
import type { StoredEvent } from '../../schemas/decode-stored-event.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import { PlainEvent } from '../../schemas/plain-event.ts'
import { AliasLog, channel, EPOCH, LATER_EPOCH, registered } from '../projections/alias-events.ts'
import { TestLog } from '../projections/test-log.ts'
import { arrayHistory } from '../support/log-history.ts'

const signal = AbortSignal.timeout(60_000)
const globally = { kind: 'global' } as const

/** As the log of a store, of which every other event is plain. */
function stored(log: Pick<TestLog, 'readAll'>): StoredLog {
  return {
    async *readAllStored(options) {
      for await (const event of log.readAll(options)) yield [event.sequence % 2 === 0 ? plain(event) : decoded(event)]
    },
  }
}

function decoded(event: RecordedEvent): StoredEvent {
  return { ...event, text: JSON.stringify(event.envelope) }
}

function plain(event: RecordedEvent): StoredEvent {
  const found = PlainEvent.of({ ...event, data: Buffer.from(JSON.stringify(event.envelope)) })
  if (found === undefined) throw new Error(`event ${event.sequence} is not plain`)
  return found
}

function someLog(): { readonly log: TestLog; readonly events: readonly RecordedEvent[] } {
  const made = new AliasLog()
  const target = { kind: 'channel', channelId: channel(1) } as const
  const data = { target, description: null, metadata: {}, enabled: true, expiresAt: null }
  made.send({ type: 'alias.register', data: { scope: globally, name: 'one', ...data } })
  made.send({ type: 'alias.register', data: { scope: { kind: 'site', site: 'KSEA' }, name: 'two', ...data } })
  made.send({ type: 'alias.rename', data: { scope: globally, name: 'one', newName: 'three' } })
  const log = new TestLog()
  log.add(...made.events)
  return { log, events: made.events }
}

async function replayed(filter: Partial<EventFilter>, range: { from?: number; until?: number } = {}) {
  const log = stored(someLog().log)
  let text = ''
  const sink = new Writable({ write: (chunk, _, done) => ((text += String(chunk)), done()) })
  const options = { log, from: 1, until: 4, ...range, filter: { subjects: [], types: [], ...filter }, signal }
  const count = await replayLog({ ...options, line: ({ sequence }) => String(sequence), sink })
  const lines = text.split('\n').slice(0, -1)
  return lines.length === count ? lines.map(Number) : []
}

test('a range, and what is asked of it', async (t) => {
  const { events } = someLog()
  t.deepEqual(await replayed({}), [1, 2, 3, 4])
  t.deepEqual(await replayed({}, { from: 2, until: 3 }), [2, 3])
  t.deepEqual(await replayed({ subjects: ['evt.alias.site.>'] }), [2])
  t.deepEqual(await replayed({ types: ['alias.renamed-away', 'alias.renamed-here'] }), [3, 4])
  t.deepEqual(await replayed({ actor: 'nobody' }), [])
  t.deepEqual(await replayed({ actor: 'alice', types: ['alias.registered'] }), [1, 2])
  t.deepEqual(await replayed({ command: events[3]?.envelope.commandid }), [3, 4])
})

test('a line is the event as JSON, as it stands in the log unless that has several lines', (t) => {
  for (const event of someLog().events) {
    const { envelope } = event
    for (const one of [decoded(event), plain(event)]) t.is(storedLine(one), JSON.stringify(event))
    t.is(storedLine({ ...event, text: `${JSON.stringify(envelope, null, 2)}\r\n` }), JSON.stringify(event))
    const odd = storedLine({ ...event, sequence: 7, subject: 'evt."', text: '{"a": 1.0}' })
    t.is(odd, String.raw`{"sequence":7,"subject":"evt.\"","envelope":{"a": 1.0}}`)
  }
})

test('a sink that takes nothing stops the reading', async (t) => {
  let read = 0
  const event = new AliasLog().record(registered(1, globally, 'x'.repeat(200)))
  const log = {
    async *readAllStored() {
      for (;;) {
        read++
        yield [{ ...event, sequence: read, text: JSON.stringify(event.envelope) }]
      }
    },
  }
  const stop = new AbortController()
  const sink = new Writable({ highWaterMark: 1024, write: () => {} })
  const options = { log, from: 1, until: Infinity, filter: { subjects: [], types: [] }, signal: stop.signal }
  const replaying = replayLog({ ...options, line: storedLine, sink }).catch(() => 'stopped')
  for (let turns = 0; turns < 50; turns++) await turn()
  const after = read
  for (let turns = 0; turns < 50; turns++) await turn()
  t.is(read, after)
  t.true(read < 1000)
  stop.abort()
  t.is(await replaying, 'stopped')
})

test('a reader that is slow gets all, letter by letter, and little is held for it', async (t) => {
  const events = Array.from({ length: 1200 }, (_, i) => ({
    ...new AliasLog().record(registered(1, globally, '東京'.repeat(100 + (i % 7)))),
    sequence: i + 1,
  }))
  const log = {
    async *readAllStored() {
      yield* [events.slice(0, 150).map(plain), events.slice(150).map(decoded)]
    },
  }
  const got: Buffer[] = []
  let waiting = 0
  const sink = new Writable({
    highWaterMark: 1024,
    write(chunk: Buffer, _, done) {
      waiting = Math.max(waiting, sink.writableLength)
      got.push(chunk)
      setImmediate(done)
    },
  })
  const options = { log, from: 1, until: 1200, filter: { subjects: [], types: [] }, line: storedLine, signal }
  t.is(await replayLog({ ...options, sink }), 1200)
  t.true(Buffer.concat(got).equals(Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''))))
  t.true(got.length > 4)
  t.true(waiting < 512 * 1024, `${waiting} bytes`)
})

test('places in the log: a sequence, a position, a time', async (t) => {
  const { events } = someLog()
  const history = arrayHistory(events, EPOCH)
  const head = { epoch: EPOCH, sequence: 4 }
  const place = (text: string, end: 'first' | 'last') => logPlace(history, text, end, { head, signal })
  t.is(await place('3', 'first'), 3)
  t.is(await place(`${EPOCH}-2`, 'last'), 2)
  const second = events[1]?.envelope.time ?? ''
  t.is(await place(second, 'first'), 2)
  t.is(await place(second, 'last'), 2)
  t.is(await place('2020-01-01T00:00:00Z', 'first'), 1)
  t.is(await place('2020-01-01T00:00:00Z', 'last'), 0)
  t.is(await place('2036-01-01T00:00:00Z', 'last'), 4)
  await t.throwsAsync(place(`${LATER_EPOCH}-2`, 'last'), { instanceOf: Failure, message: /another life/ })
  await t.throwsAsync(place('noon', 'last'), { instanceOf: Failure, message: /no place in the log/ })
})
