import test from 'ava'
import fc from 'fast-check'
import { splitIntoCommands } from '../../projections/command-boundary.ts'
import { type HeldAggregates, NOTHING_HELD, park } from '../../projections/held-aggregates.ts'
import { NOTHING_DISCARDED, withhold } from '../../projections/withhold.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import { envelopeOf } from './alias-events.ts'

/** Commands as the aggregates that each changes, numbered on as a log. */
function logOf(commands: readonly (readonly string[])[]): readonly RecordedEvent[] {
  let sequence = 0
  return commands.flatMap((aggregates) =>
    aggregates.map((subject, index) => {
      const options = { n: ++sequence, subject, index, count: aggregates.length }
      return { sequence, subject, envelope: envelopeOf({ type: 'a.b', data: {} }, options) }
    }),
  )
}

/** Command by command: what is poison is parked, what touches the held is held, all else is applied. */
function carryOut(events: readonly RecordedEvent[], isPoison: (first: number) => boolean) {
  const applied: number[] = []
  let held: HeldAggregates = NOTHING_HELD
  for (const command of splitIntoCommands(events)) {
    const checked = withhold(command, held, NOTHING_DISCARDED)
    held = checked.held
    if (checked.free.length === 0) continue
    if (isPoison(command[0]?.sequence ?? 0)) held = park(held, command, 'poison')
    else applied.push(...command.map(({ sequence }) => sequence))
  }
  return { applied, held }
}

const commands = fc.array(fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 3 }), {
  maxLength: 25,
})

test('of an aggregate everything before some position is applied, and nothing from there on', (t) => {
  const law = fc.property(commands, fc.array(fc.nat(40)), (made, poison) => {
    const events = logOf(made)
    const { applied, held } = carryOut(events, (first) => poison.includes(first))
    for (const { sequence, subject } of events)
      t.is(applied.includes(sequence), sequence < (held.get(subject)?.from ?? Infinity))
  })
  fc.assert(law)
})

test('no command is applied in part, and what a command ties together has one cause', (t) => {
  const law = fc.property(commands, fc.array(fc.nat(40)), (made, poison) => {
    const events = logOf(made)
    const { applied, held } = carryOut(events, (first) => poison.includes(first))
    for (const command of splitIntoCommands(events)) {
      const count = command.filter(({ sequence }) => applied.includes(sequence)).length
      t.true(count === 0 || count === command.length)
      if (count === 0) t.is(new Set(command.map(({ subject }) => held.get(subject)?.cause)).size, 1)
    }
    for (const { from, cause } of held.values()) t.true(poison.includes(cause) && cause <= from)
  })
  fc.assert(law)
})

test('in one batch or many, the same is withheld, and it is about the same', (t) => {
  const concerns = ({ sequence, subject }: RecordedEvent) => (sequence % 3 === 0 ? [] : [`${subject}:${sequence % 4}`])
  const law = fc.property(commands, fc.nat(25), fc.nat(25), (made, first, cut) => {
    const whole = splitIntoCommands(logOf(made))
    const poison = whole[first]
    fc.pre(poison !== undefined)
    const held = park(NOTHING_HELD, poison ?? [], 'poison', concerns)
    const later = whole.slice(first + 1)
    const once = withhold(later.flat(), held, NOTHING_DISCARDED, concerns)
    const begin = withhold(later.slice(0, cut).flat(), held, NOTHING_DISCARDED, concerns)
    const end = withhold(later.slice(cut).flat(), begin.held, NOTHING_DISCARDED, concerns)
    t.deepEqual([...begin.free, ...end.free], [...once.free])
    t.deepEqual(end.held, once.held)
    const withheld = [...(poison ?? []), ...later.flat().filter((event) => !once.free.includes(event))]
    for (const [aggregate, one] of once.held)
      t.deepEqual(
        one.concerns.toSorted(),
        [...new Set(withheld.filter(({ subject }) => subject === aggregate).flatMap(concerns))].toSorted(),
      )
  })
  fc.assert(law)
})

test('what is discarded is left out, and holds nobody', (t) => {
  const events = logOf([['a'], ['a', 'b'], ['b'], ['a']])
  const { free, held } = withhold(events, NOTHING_HELD, new Set([2]))
  t.deepEqual(
    free.map(({ sequence }) => sequence),
    [1, 4, 5],
  )
  t.is(held.size, 0)
})
