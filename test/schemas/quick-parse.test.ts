import test from 'ava'
import fc from 'fast-check'
import { z } from 'zod'
import { commandRequest } from '../../schemas/command.ts'
import { aliasCommandData } from '../../schemas/commands/alias.ts'
import { userCommandData } from '../../schemas/commands/user.ts'
import { quickParse } from '../../schemas/quick-parse.ts'

const CHANNEL = '7e57d004-2b97-4e7a-b45f-5387367791cd'
const slot = { scope: { kind: 'node', site: 'KSEA', node: 'gate-4' }, name: 'Main_Feed' }
const target = { kind: 'channel', channelId: CHANNEL }

/** Commands as senders write them, with all that may be left out left out, and with it. */
const sent: readonly (readonly [z.ZodType, readonly object[]])[] = [
  [
    commandRequest,
    [
      { commandId: '01ARZ3NDEKTSV4RRFFQ69G5FAV', data: { any: ['kind'] } },
      { commandId: '01ARZ3NDEKTSV4RRFFQ69G5FAV', data: {}, expectedRevision: 0, dryRun: true },
    ],
  ],
  [
    aliasCommandData['alias.register'],
    [
      { ...slot, target },
      { ...slot, target, owner: 'ops', description: 'at the gate', metadata: { floor: 3 }, enabled: false },
    ],
  ],
  [aliasCommandData['alias.describe'], [slot, { ...slot, description: null, metadata: {} }]],
  [userCommandData['user.register'], [{ userId: 'ann', companyId: 'acme', name: 'Ann', email: 'ann@example.com' }]],
  [userCommandData['user.change'], [{ userId: 'ann', phone: null }]],
]

/** What a field may be given instead. */
const part = fc.oneof(
  fc.constantFrom(
    '',
    ' a ',
    'a\u0000',
    '\ud800',
    'x'.repeat(5000),
    CHANNEL.toUpperCase(),
    null,
    undefined,
    true,
    0,
    -1,
    1.5,
  ),
  fc.constantFrom(...sent.flatMap(([, commands]) => commands.flatMap((command) => Object.values(command)))),
  fc.constantFrom({ kind: 'site' }, { kind: 'global', site: 'KSEA' }, JSON.parse('{"__proto__": 1}')),
  fc.anything(),
)

for (const [schema, commands] of sent)
  test(`it gives what parsing gives: of a command with ${Object.keys(commands[0] ?? {}).join(', ')}`, (t) => {
    const field = fc.constantFrom('more', ...new Set(commands.flatMap((command) => Object.keys(command))))
    const seen = { good: 0, bad: 0 }
    fc.assert(
      fc.property(fc.constantFrom(...commands), fc.dictionary(field, part, { maxKeys: 2 }), (good, wrong) => {
        const value = { ...good, ...wrong }
        const [quick, slow] = [quickParse(schema, value), schema.safeParse(value)]
        t.is(quick.success, slow.success)
        seen[quick.success ? 'good' : 'bad']++
        if (quick.success) t.deepEqual(quick.data, slow.data)
        else t.deepEqual(quick.error.issues, slow.error?.issues)
      }),
      { numRuns: 2000 },
    )
    t.true(seen.good > 50 && seen.bad > 50, JSON.stringify(seen))
  })

test('what can have no default is not copied', (t) => {
  const withDefaults: readonly z.ZodType[] = [aliasCommandData['alias.register'], userCommandData['user.register']]
  for (const [schema, commands] of sent.filter(([of]) => !withDefaults.includes(of)))
    for (const command of commands) t.is(quickParse(schema, command).data, command)
})

test('what is asked of a default itself is asked', (t) => {
  const schema = z.strictObject({
    a: z
      .number()
      .default(1)
      .refine((a) => a === 1),
  })
  t.deepEqual(quickParse(schema, {}).data, { a: 1 })
  t.false(quickParse(schema, { a: 5 }).success)
})

test('what is put in for a key left out is its own each time', (t) => {
  const schema = z.strictObject({ list: z.record(z.string(), z.unknown()).default({}) })
  const [one, other] = [quickParse(schema, {}), quickParse(schema, {})]
  t.deepEqual(one.data, { list: {} })
  t.not(one.data?.list, other.data?.list)
})

test('what is asked of a whole object is asked of it with its defaults', (t) => {
  const schema = z.strictObject({ a: z.number().default(1) }).refine(({ a }) => a === 1, 'must be 1')
  t.deepEqual(quickParse(schema, {}).data, { a: 1 })
  t.is(quickParse(schema, { a: 2 }).error?.issues[0]?.message, 'must be 1')
})
