import test from 'ava'
import { createCommandBus } from '../../commands/command-bus.ts'
import { RefusalTally } from '../../commands/refusals/refusal-tally.ts'
import { NOBODY, type RefusedCommand, UNKNOWN_COMMAND } from '../../commands/refusals/refused-command.ts'
import { tellRefusals } from '../../commands/refusals/tell-refusals.ts'
import { actor } from '../../schemas/actor.ts'
import { type CommandResult } from '../../schemas/command.ts'
import { type Envelope, envelope } from '../../schemas/envelope.ts'
import { newUlid } from '../../schemas/new-ulid.ts'

const START = Date.parse('2026-03-01T12:00:00Z')
const ada = actor.parse({ id: 'ada', roles: ['operator'] })
const refused: RefusedCommand = {
  command: 'alias.register',
  actor: 'ada',
  status: 'rejected',
  code: 'name_taken',
  message: 'the name is taken',
}

function tallyOf(options: { readonly most?: number } = {}) {
  const stored: Envelope[] = []
  let [at, isAway] = [START, false]
  const store = async (one: Envelope): Promise<void> => {
    if (isAway) throw new Error('away')
    stored.push(envelope.parse(one))
  }
  const ports = { sink: { store }, now: () => at, newId: newUlid, source: 'test', intervalMs: 3_600_000, ...options }
  return {
    stored,
    tally: new RefusalTally(ports),
    advance: (ms: number) => void (at += ms),
    goAway: (away: boolean) => void (isAway = away),
  }
}

test('a flood of one kind costs one event, with a count and the first and last time', async (t) => {
  const { tally, stored, advance } = tallyOf()
  for (let n = 0; n < 50_000; n++) {
    tally.note({ ...refused, message: `try ${n}` })
    advance(1)
  }
  tally.note({ ...refused, actor: 'bob' })
  await tally.flush()
  t.is(stored.length, 2)
  t.like(stored[0], { subject: 'audit.alias.register', actor: 'ada', time: '2026-03-01T12:00:49.999Z' })
  t.deepEqual(stored[0]?.data, {
    command: 'alias.register',
    status: 'rejected',
    code: 'name_taken',
    message: 'try 0',
    count: 50_000,
    firstAt: '2026-03-01T12:00:00.000Z',
    lastAt: '2026-03-01T12:00:49.999Z',
  })
  await tally.flush()
  t.is(stored.length, 2, 'nothing more came')
})

test('more kinds than it may tell apart are counted by their status; none is lost', async (t) => {
  const { tally, stored } = tallyOf({ most: 10 })
  for (let n = 0; n < 1_000; n++) tally.note({ ...refused, actor: `actor-${n}` })
  for (let n = 0; n < 500; n++) tally.note({ ...refused, status: 'forbidden', code: 'forbidden' })
  await tally.flush()
  t.is(stored.length, 12)
  t.is(
    stored.reduce((sum, { data }) => sum + Number(data['count']), 0),
    1_500,
  )
  t.like(stored.at(-1), { actor: NOBODY, data: { command: UNKNOWN_COMMAND, status: 'forbidden', count: 500 } })
})

test('while the stream is away refusals are counted on; a stop stores what it can', async (t) => {
  const { tally, stored, goAway, advance } = tallyOf()
  goAway(true)
  for (let round = 0; round < 3; round++) {
    tally.note(refused)
    advance(1_000)
    await tally.flush()
  }
  t.deepEqual(stored, [])
  goAway(false)
  await tally.stop()
  t.is(stored.length, 1)
  t.like(stored[0]?.data, { count: 3, firstAt: '2026-03-01T12:00:00.000Z', lastAt: '2026-03-01T12:00:02.000Z' })
})

test('a message without end is cut, and text that is none is mended', async (t) => {
  const { tally, stored } = tallyOf()
  tally.note({ ...refused, message: `${'x'.repeat(10_000)}\uD800`, commandId: 'no ulid' })
  await tally.flush()
  t.is(String(stored[0]?.data['message']).length, 500)
})

const outcomes: readonly [CommandResult, Partial<RefusedCommand> | undefined][] = [
  [
    { status: 'rejected', code: 'name_taken', message: 'taken', violations: [] },
    { status: 'rejected', code: 'name_taken' },
  ],
  [
    { status: 'forbidden', message: 'no' },
    { status: 'forbidden', code: 'forbidden' },
  ],
  [
    { status: 'conflict', message: 'no', expected: 1, actual: 2 },
    { status: 'conflict', code: 'conflict' },
  ],
  [{ status: 'unavailable', message: 'later' }, undefined],
]
for (const [result, expected] of outcomes)
  test(`a command that is ${result.status} is answered as before, and ${expected ? 'told' : 'not told'}`, async (t) => {
    const told: RefusedCommand[] = []
    const handler = { types: ['alias.register'], handle: async () => result }
    const bus = tellRefusals(createCommandBus([handler]), (one) => told.push(one))
    const commandId = newUlid()
    const answer = await bus.dispatch({ type: 'alias.register', body: { commandId, data: {} }, actor: ada })
    t.is(answer, result)
    t.is(told.length, expected === undefined ? 0 : 1)
    if (expected !== undefined) t.like(told[0], { command: 'alias.register', actor: 'ada', commandId, ...expected })
  })

test('what a stranger calls a command is no kind of its own', async (t) => {
  const told: RefusedCommand[] = []
  const bus = tellRefusals(createCommandBus([]), (one) => told.push(one))
  for (let n = 0; n < 3; n++) await bus.dispatch({ type: `made.up.${n} >`, body: null, actor: ada })
  t.deepEqual([...new Set(told.map(({ command }) => command))], [UNKNOWN_COMMAND])
})
