import test from 'ava'
import { applyTopology } from '../../infra/jetstream/apply-topology.ts'
import { openLogHistory } from '../../infra/jetstream/jetstream-log-history.ts'
import { JetStreamEventStore } from '../../infra/jetstream/jetstream-event-store.ts'
import { streams } from '../../infra/streams.ts'
import { findMoment } from '../../projections/as-of/moment.ts'
import { aggregateSubject } from '../../schemas/subjects.ts'
import { aWrite } from '../commands/a-write.ts'
import { testNats } from '../support/infrastructure.ts'

const START = Date.parse('2026-01-01T00:00:00Z')

test('events are found by sequence and by time, and nothing is found behind the end', async (t) => {
  const connection = await (await testNats(t)).connect()
  await applyTopology(connection, streams)
  const store = await JetStreamEventStore.open(connection)
  const log = await openLogHistory(store, connection)
  t.is(await log.eventFrom(1), undefined)
  for (let second = 0; second < 60; second++) {
    const write = aWrite(aggregateSubject('alias', `a${second}`))
    const time = new Date(START + second * 1000).toISOString()
    await store.append([{ ...write, envelope: { ...write.envelope, time } }])
  }
  t.like(await log.eventFrom(0), { sequence: 1 })
  t.like(await log.eventFrom(60), { sequence: 60, subject: 'evt.alias.a59' })
  t.is(await log.eventFrom(61), undefined)
  const { epoch } = await log.head()
  const asOf = (at: number) =>
    findMoment(log, { kind: 'time', at }, { now: Date.now(), signal: AbortSignal.timeout(60_000) })
  for (const [at, sequence] of [
    [START - 1, 0],
    [START, 1],
    [START + 30_999, 31],
    [START + 31_000, 32],
    [START + 3_600_000, 60],
  ] as const)
    t.deepEqual(await asOf(at), { status: 'ok', moment: { position: { epoch, sequence }, at } })
})
