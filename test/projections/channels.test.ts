import test from 'ava'
import fc from 'fast-check'
import { type ChannelState, channel } from '../../domain/channel/channel.ts'
import { channelSubject } from '../../domain/channel/channel-subject.ts'
import { listChannels } from '../../projections/queries/list-channels.ts'
import { readFrom } from '../../projections/queries/read.ts'
import { rebuildProjector } from '../../projections/rebuild.ts'
import { channels } from '../../projections/tables/channels.ts'
import { type ChannelCommand, channelCommandData } from '../../schemas/commands/channel.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { ChannelId } from '../../schemas/ids.ts'
import { channel as uuid, envelopeOf } from './alias-events.ts'
import { applyBatch, ProjectionWorld } from './projection-world.ts'
import { TestLog } from './test-log.ts'

const never = new AbortController().signal

/** A log that the rules themselves have made of commands; what they refuse is left out. */
function logOf(commands: readonly ChannelCommand[]): { events: RecordedEvent[]; states: Map<ChannelId, ChannelState> } {
  const events: RecordedEvent[] = []
  const states = new Map<ChannelId, ChannelState>()
  for (const command of commands) {
    const { channelId } = command.data
    const state = states.get(channelId) ?? channel.initialState
    const context = { at: 0, actor: 'alice', actsForOthers: true, newId: '', revisions: [0] }
    const decision = channel.decide(command, [state], context)
    const event = decision.kind === 'accept' ? decision.events[0] : undefined
    if (event === undefined) continue
    const sequence = events.length + 1
    const envelope = envelopeOf(event, { n: sequence, subject: channelSubject(channelId) })
    states.set(channelId, channel.evolve(state, event, { sequence, time: envelope.time, actor: 'alice' }))
    events.push({ sequence, subject: channelSubject(channelId), envelope })
  }
  return { events, states }
}

function register(n: number, name: string, more: object = {}): ChannelCommand {
  const data = channelCommandData['channel.register'].parse({ channelId: uuid(n), name, ...more })
  return { type: 'channel.register', data }
}

const someCommand = fc.oneof(
  fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom('a', 'b')).map(([n, name]) => register(n, name)),
  fc
    .record({ n: fc.integer({ min: 1, max: 4 }), unit: fc.constantFrom('K', null), name: fc.constantFrom('a', 'c') })
    .map(({ n, unit, name }): ChannelCommand => {
      return { type: 'channel.describe', data: { channelId: uuid(n), unit, name } }
    }),
  fc.integer({ min: 1, max: 4 }).map((n): ChannelCommand => ({ type: 'channel.retire', data: { channelId: uuid(n) } })),
)

test('the table is what the rules say, however the events are split into batches', async (t) => {
  t.timeout(300_000)
  const world = await ProjectionWorld.create(t)
  const session = await world.session(channels)
  const histories = fc.array(someCommand, { maxLength: 25 })
  await fc.assert(
    fc.asyncProperty(histories, fc.integer({ min: 1, max: 8 }), async (commands, size) => {
      await session.query('truncate channels')
      await session.query('update checkpoint set position = 0')
      const { events, states } = logOf(commands)
      for (let at = 0; at < events.length; at += size) await applyBatch(session, events.slice(at, at + size), channels)
      const { rows } = await session.query<{
        uuid: ChannelId
        name: string
        unit: string | null
        retired: boolean
        first: number
      }>('select uuid, name, unit, retired_at is not null as retired, id::int as first from channels order by uuid')
      const expected = [...states]
        .toSorted(([a], [b]) => a.localeCompare(b))
        .flatMap(([id, state]) => {
          const first = events.find(({ subject }) => subject === channelSubject(id))?.sequence
          return state.status === 'none'
            ? []
            : [{ uuid: id, name: state.name, unit: state.unit, retired: state.status === 'retired', first }]
        })
      t.deepEqual(rows, expected as typeof rows)
    }),
    { numRuns: 40 },
  )
})

test('channels are listed by name, searched by words, and paged; a rebuild gives the same rows', async (t) => {
  t.timeout(300_000)
  const world = await ProjectionWorld.create(t)
  const log = new TestLog()
  const commands = [
    register(1, 'main_power_feed', { secondary: 'Seattle', unit: 'kW' }),
    register(2, 'main_power_feed', { secondary: 'Portland', device: 'gate-4' }),
    register(3, 'temperature', { description: "Wind's chill: 50 % & more" }),
    register(4, 'old', {}),
    { type: 'channel.retire', data: { channelId: uuid(4) } } as const,
  ]
  log.add(...logOf(commands).events)
  world.run(log, { projector: channels })
  await world.untilPosition(5, 'channels')
  const read = readFrom(world.pool, never)
  const list = async (filter: object) => {
    const { channels: found } = await listChannels(read, { retired: false, limit: 10, ...filter })
    return found.map(({ id }) => id)
  }
  t.deepEqual(await list({}), [1, 2, 3])
  t.deepEqual(await list({ retired: true }), [1, 2, 4, 3])
  t.deepEqual(await list({ name: 'main_power_feed' }), [1, 2])
  t.deepEqual(await list({ search: 'pow sea' }), [1])
  t.deepEqual(await list({ search: "wind's 50 %" }), [3])
  t.deepEqual(await list({ search: "'); drop table channels; --" }), [])
  t.deepEqual(await list({ device: 'gate-4' }), [2])
  const first = await listChannels(read, { retired: false, limit: 2 })
  t.deepEqual(await list({ cursor: first.nextCursor }), [3])
  await t.throwsAsync(list({ cursor: 'x' }), { instanceOf: RangeError })
  const rebuilt = await rebuildProjector(channels, { database: world.database, log, signal: never })
  t.is(rebuilt.status === 'swapped' && rebuilt.tables[0]?.isEqual, true)
})
