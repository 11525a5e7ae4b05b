import test from 'ava'
import fc from 'fast-check'
import { alias, aliasRules, type AliasState, isLive, slotsOf } from '../../domain/alias/alias.ts'
import { deception } from '../../domain/alias/deceptive-name.ts'
import { lookOf } from '../../domain/alias/look.ts'
import { nameKey } from '../../domain/alias/name-key.ts'
import type { Decider } from '../../domain/decider.ts'
import { nthId } from '../../domain/nth-id.ts'
import type { AliasCommand } from '../../schemas/commands/alias.ts'
import type { AliasEvent } from '../../schemas/events/alias.ts'
import { aliasOperation, channel } from '../projections/alias-events.ts'

const AT = Date.parse('2026-03-01T12:00:00.000Z')
const ID = '01JZ0000000000000000000001'
const scope = { kind: 'site', site: 'KSEA' } as const
/** In Cyrillic letters throughout. */
const COP = 'сор'

/** Slots of one scope, as commands leave them. */
function scopeOf(rules: Decider<AliasState, AliasCommand, AliasEvent> = alias) {
  const states = new Map<string, AliasState>()
  let sequence = 0
  return {
    states,
    send(command: AliasCommand, at = AT): string {
      const subjects = slotsOf(command)
      const before = subjects.map((subject) => states.get(subject) ?? rules.initialState)
      const context = { at, actor: 'ann', actsForOthers: true, newId: nthId(ID, ++sequence), revisions: [] }
      const decision = rules.decide(command, before, context)
      if (decision.kind === 'refuse') return `${decision.code}: ${decision.message}`
      for (const [i, event] of decision.events.entries()) {
        const [subject, state] = [subjects[i], before[i]]
        if (event === undefined || subject === undefined || state === undefined) continue
        states.set(subject, rules.evolve(state, event, { sequence, time: new Date(at).toISOString(), actor: 'ann' }))
      }
      return 'accepted'
    },
  }
}

const register = (name: string, expiresAt: string | null = null): AliasCommand => ({
  type: 'alias.register',
  data: {
    scope,
    name,
    target: { kind: 'channel', channelId: channel(1) },
    description: null,
    metadata: {},
    enabled: true,
    expiresAt,
  },
})
const remove = (name: string): AliasCommand => ({ type: 'alias.remove', data: { scope, name } })
const rename = (name: string, newName: string): AliasCommand => ({
  type: 'alias.rename',
  data: { scope, name, newName },
})

for (const [first, second] of [
  ['cop', COP],
  [COP, 'cop'],
  ['\u0440\u043e', '\u03c1\u03bf'],
  ['gate-4', 'gate–4'],
  ['Вася', 'bacᴙ'],
  ['❤', '❤️'],
] as const)
  test(`"${second}" (${Array.from(second, (of) => of.codePointAt(0)?.toString(16)).join(' ')}) is refused beside "${first}"`, (t) => {
    const { send } = scopeOf()
    t.is(send(register(first)), 'accepted')
    const answer = send(register(second))
    if (deception(second) !== undefined) t.regex(answer, /^deceptive_name: /)
    else t.is(answer, `look_alike_taken: "${second}" looks like "${first}", which is taken in this scope`)
  })

test('spellings with one name key meet in one slot: full width, decomposed, ligatures, case', (t) => {
  const { send } = scopeOf()
  for (const name of ['Pump', 'Café', 'Filter']) t.is(send(register(name)), 'accepted')
  for (const name of ['Ｐｕｍｐ', 'Café', 'ﬁlter', 'PUMP'])
    t.regex(send(register(name)), /^name_taken: "(Pump|Café|Filter)"/)
})

test('names that deceive by themselves are refused with the reason', (t) => {
  for (const [name, reason] of [
    ['pаypal', 'the name mixes letters of several scripts (Latin, Cyrillic)'],
    ['zero​width', 'the name holds U+200B, which nobody sees'],
    ['abc‮def', 'the name holds U+202E, which nobody sees'],
    ['soft­hyphen', 'the name holds U+00AD, which nobody sees'],
    ['Κalω', 'the name mixes letters of several scripts (Latin, Greek)'],
    ['ᏣᎳᎩ', 'the name holds letters of a script that is not in everyday use'],
  ] as const) {
    t.is(scopeOf().send(register(name)), `deceptive_name: ${reason}`)
    const renamed = scopeOf()
    renamed.send(register('plain'))
    t.is(renamed.send(rename('plain', name)), `deceptive_name: ${reason}`)
  }
})

test('everyday names in any one script are taken', (t) => {
  for (const name of 'Ölstand 温度|ключ|R_100Ω|12 µm|m²|東京タワー|서울 B동|Kær|ΔP|👩‍🚀 crew|⚡️ power|नमस्ते|مضخة|100 %'.split(
    '|',
  ))
    t.is(scopeOf().send(register(name)), 'accepted', name)
})

test('ASCII names never look alike: sites number their gates', (t) => {
  const { send } = scopeOf()
  for (const name of ['Gate_1', 'Gate_l', 'Lane_0', 'Lane_O', 'modern', 'modem'])
    t.is(send(register(name)), 'accepted', name)
})

test('a name that was removed, renamed or has expired is in nobody’s way', (t) => {
  const removed = scopeOf()
  removed.send(register(COP))
  t.is(removed.send(remove(COP)), 'accepted')
  t.is(removed.send(register('cop')), 'accepted')

  const renamed = scopeOf()
  renamed.send(register(COP))
  t.is(renamed.send(rename(COP, 'cop')), 'accepted', 'its own look-alike is no clash')
  t.regex(renamed.send(register(COP)), /looks like "cop"/)
  t.is(renamed.send(rename('cop', COP)), 'accepted')
  t.is(renamed.send(rename(COP, 'other')), 'accepted')
  t.is(renamed.send(register('cop')), 'accepted')

  const expired = scopeOf()
  expired.send(register(COP, '2026-03-01T12:00:00.005Z'))
  t.regex(expired.send(register('cop'), AT + 4), /looks like/)
  t.is(expired.send(register('cop'), AT + 5), 'accepted')

  const prolonged = scopeOf()
  prolonged.send(register(COP, '2026-03-01T12:00:00.005Z'))
  prolonged.send({ type: 'alias.set-expiry', data: { scope, name: COP, expiresAt: null } })
  t.regex(prolonged.send(register('cop'), AT + 5), /looks like/)
})

test('a policy can allow look-alikes', (t) => {
  const { send } = scopeOf(aliasRules('allow'))
  for (const name of ['cop', COP, 'p\u0430ypal']) t.is(send(register(name)), 'accepted')
})

test('whatever is sent, no two live names of a scope look alike, and every slot knows its look-alikes', (t) => {
  fc.assert(
    fc.property(fc.array(aliasOperation, { maxLength: 30 }), (commands) => {
      const { states, send } = scopeOf()
      for (const command of commands) send({ ...command, data: { ...command.data, scope } } as AliasCommand)
      const live = [...states.values()].filter((state) => isLive(state, AT))
      const looks = live.map(({ name }) => lookOf(nameKey(name)))
      t.is(new Set(looks).size, looks.length)
      const noted = [...states.values()].flatMap(({ lookAlikes = [] }) => lookAlikes.map(({ name }) => name))
      const tenants = [...states.values()].flatMap((state) => (state.status === 'taken' ? [state.name] : []))
      t.deepEqual(noted.toSorted(), tenants.filter((name) => lookOf(nameKey(name)) !== nameKey(name)).toSorted())
    }),
    { numRuns: 1000 },
  )
})

test('the look of a look is itself, and of one that a token can hold', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), (text) => {
      const key = nameKey(text)
      const look = lookOf(key)
      if (look !== key) t.is(nameKey(look), look)
    }),
  )
})
