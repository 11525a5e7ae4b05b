import test from 'ava'
import fc from 'fast-check'
import { findMoment } from '../../projections/as-of/moment.ts'
import { PastAliases } from '../../projections/as-of/past-aliases.ts'
import { sequenceAt } from '../../projections/as-of/sequence-at.ts'
import { ReadModel } from '../../projections/queries/read-model.ts'
import { CheckpointWatch } from '../../projections/wait-for-position.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { Scope } from '../../schemas/scope.ts'
import { arrayHistory } from '../support/log-history.ts'
import {
  aliasCommand,
  AliasLog,
  channel,
  EPOCH,
  envelopeOf,
  GLOBAL_SCOPE,
  LATER_EPOCH,
  registered,
} from './alias-events.ts'
import { applyBatch, ProjectionWorld, resetTables } from './projection-world.ts'

const signal = AbortSignal.timeout(120_000)
const NOW = Date.parse('2027-01-01T00:00:00Z')

/** Events at these times, with gaps between their sequences; `counts[i]` of them at times[i] make one command. */
function logOf(times: readonly number[], gap = 1, counts: readonly number[] = []): RecordedEvent[] {
  let sequence = 0
  return times.flatMap((time, number) => {
    const count = counts[number] ?? 1
    sequence += gap - 1
    return Array.from({ length: count }, (_, index) => {
      sequence++
      const event = registered(sequence, GLOBAL_SCOPE, `name-${sequence}`)
      const envelope = envelopeOf(event, { n: sequence, subject: `evt.alias.global.name-${sequence}`, index, count })
      return { sequence, subject: envelope.subject, envelope: { ...envelope, time: new Date(time).toISOString() } }
    })
  })
}

test('a time is the last event that is as early, however the times of concurrent deciders interleave', async (t) => {
  const disordered = fc
    .array(fc.record({ step: fc.integer({ min: 0, max: 8000 }), late: fc.integer({ min: 0, max: 9999 }) }), {
      maxLength: 40,
    })
    .map((steps) => {
      let clock = Date.parse('2026-01-01T00:00:00Z')
      return steps.map(({ step, late }) => (clock += step) - late)
    })
  await fc.assert(
    fc.asyncProperty(disordered, fc.integer({ min: 1, max: 3 }), fc.nat(), async (times, gap, pick) => {
      const events = logOf(times, gap)
      const log = arrayHistory(events, EPOCH)
      const at = (times[pick % Math.max(1, times.length)] ?? 0) + (pick % 3) - 1
      const expected = events.findLast(({ envelope }) => Date.parse(envelope.time) <= at)?.sequence ?? 0
      t.is(await sequenceAt(log, events.at(-1)?.sequence ?? 0, at, signal), expected)
    }),
  )
})

test('a moment is never between the events of one command', async (t) => {
  const time = Date.parse('2026-01-01T00:00:00Z')
  const events = logOf([time, time + 1000, time + 2000], 1, [1, 3, 1])
  const log = arrayHistory(events, EPOCH)
  const find = (sequence: number) =>
    findMoment(log, { kind: 'position', position: { epoch: EPOCH, sequence } }, { now: NOW, signal })
  const at = async (sequence: number) => {
    const found = await find(sequence)
    return found.status === 'ok' ? [found.moment.position.sequence, found.moment.at - time] : found.code
  }
  t.deepEqual(await at(0), [0, -time])
  t.deepEqual(await at(1), [1, 0])
  t.deepEqual(await at(2), [1, 0])
  t.deepEqual(await at(3), [1, 0])
  t.deepEqual(await at(4), [4, 1000])
  t.deepEqual(await at(5), [5, 2000])
  t.is(await at(6), 'as_of_ahead')
})

test('what is no moment of this log is refused with the reason', async (t) => {
  const log = arrayHistory(logOf([0]), EPOCH)
  const other = { kind: 'position', position: { epoch: LATER_EPOCH, sequence: 1 } } as const
  t.like(await findMoment(log, other, { now: NOW, signal }), { status: 'rejected', code: 'as_of_other_epoch' })
  const future = { kind: 'time', at: NOW + 1 } as const
  t.like(await findMoment(log, future, { now: NOW, signal }), { status: 'rejected', code: 'as_of_in_future' })
})

const scopes: readonly Scope[] = [
  GLOBAL_SCOPE,
  { kind: 'site', site: 'KSEA' },
  { kind: 'node', site: 'KSEA', node: 'gate 4' },
  { kind: 'context', context: 'frontend' },
]
const chain = scopes.slice(0, 3).toReversed()

test('any past answers as the tables answered then', async (t) => {
  const world = await ProjectionWorld.create(t)
  const client = await world.session()
  const present = new ReadModel(world.pool, new CheckpointWatch(world.pool))
  const property = fc.asyncProperty(
    fc.array(aliasCommand, { minLength: 1, maxLength: 40 }),
    fc.nat(),
    fc.integer({ min: 1, max: 3 }),
    async (commands, pick, limit) => {
      const log = new AliasLog()
      for (const command of commands) log.send(command)
      if (log.events.length === 0) return
      const past = new PastAliases(arrayHistory(log.events, EPOCH), world.pool)
      const asOf = { epoch: EPOCH, sequence: 1 + (pick % log.events.length) }
      const found = await past.findMoment({ kind: 'position', position: asOf }, NOW, signal)
      if (found.status !== 'ok') return t.fail(found.code)
      const { moment } = found
      await resetTables(client)
      await applyBatch(
        client,
        log.events.filter(({ sequence }) => sequence <= moment.position.sequence),
      )
      const { at } = moment
      const slots = scopes.flatMap((scope) => ['Main', 'Straße', 'x y'].map((name) => ({ scope, name })))
      const filters = [
        {},
        { scope: GLOBAL_SCOPE },
        { prefix: 'm' },
        ...[1, 2, 3].map((n) => ({ target: { kind: 'endpoint', url: `https://example.com/${n}` } }) as const),
        ...[1, 2, 3, 4].map((n) => ({ target: { kind: 'channel', channelId: channel(n) } }) as const),
      ] as const
      const ask = async () => ({
        resolved: await Promise.all(['Main', 'a.b'].map((name) => present.resolveAlias({ chain, name, at }, signal))),
        got: await Promise.all(slots.map((slot) => present.getAlias({ ...slot, at }, signal))),
        history: await Promise.all(slots.map((slot) => present.aliasHistory({ ...slot, limit: 50 }, signal))),
        lists: await Promise.all(
          filters.map((filter) => pages((cursor) => present.listAliases({ ...filter, at, limit, cursor }, signal))),
        ),
      })
      const then = await ask()
      await applyBatch(
        client,
        log.events.filter(({ sequence }) => sequence > moment.position.sequence),
      )
      const now = {
        resolved: await Promise.all(['Main', 'a.b'].map((name) => past.resolveAlias({ chain, name }, moment))),
        got: await Promise.all(slots.map((slot) => past.getAlias(slot, moment))),
        history: await Promise.all(slots.map((slot) => past.aliasHistory({ ...slot, limit: 50 }, moment, signal))),
        lists: await Promise.all(
          filters.map((filter) => pages((cursor) => past.listAliases({ ...filter, limit, cursor }, moment, signal))),
        ),
      }
      t.deepEqual(now, then)
    },
  )
  await fc.assert(property, { numRuns: 40 })
})

/** All pages of a list. */
async function pages<Alias>(
  page: (cursor?: string) => Promise<{ readonly aliases: readonly Alias[]; readonly nextCursor: string | null }>,
): Promise<readonly Alias[]> {
  const all: Alias[] = []
  let cursor: string | undefined
  do {
    const { aliases, nextCursor } = await page(cursor)
    all.push(...aliases)
    cursor = nextCursor ?? undefined
  } while (cursor !== undefined)
  return all
}
