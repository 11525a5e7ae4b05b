import test from 'ava'
import fc from 'fast-check'
import { z } from 'zod'
import { compileCheck } from '../../schemas/compile-check.ts'
import { aliasEventData } from '../../schemas/events/alias.ts'
import { channelId } from '../../schemas/ids.ts'

const ULID = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
const CHANNEL = '7e57d004-2b97-4e7a-b45f-5387367791cd'
const registered = {
  aliasId: ULID,
  scope: { kind: 'node', site: 'KSEA', node: 'gate-4' },
  name: 'Main_Feed',
  target: { kind: 'channel', channelId: CHANNEL },
  owner: 'ops',
  description: null,
  metadata: { floor: 3, of: { any: ['kind'] } },
  enabled: true,
  expiresAt: '2026-03-01T12:00:00.000Z',
}
const changed = {
  aliasId: ULID,
  scope: { kind: 'global' },
  name: 'a',
  changes: ['removed', 'look-alikes-changed'],
  alias: null,
  from: null,
  previous: null,
  lookAlikes: [{ name: 'A', expiresAt: null }],
}

test('events that fit are taken without being parsed', (t) => {
  t.true(compileCheck(aliasEventData['alias.registered'])(registered))
  const endpoint = { ...registered, target: { kind: 'endpoint', url: 'https://a.example/v1' } }
  t.true(compileCheck(aliasEventData['alias.registered'])(endpoint))
  t.true(compileCheck(aliasEventData['alias.changed'])(changed))
})

/** Values that a field may be given: good ones of any field, and what is wrong with many. */
const part = fc.oneof(
  fc.constantFrom(...Object.values(registered), ...Object.values(changed)),
  fc.constantFrom('', ' a', 'a\u0000', '\ud800', 'x'.repeat(256), '😀'.repeat(200), '2026-02-30T12:00:00.000Z'),
  fc.constantFrom(CHANNEL.toUpperCase(), { kind: 'channel', channelId: CHANNEL.toUpperCase() }, { kind: 'toString' }),
  fc.constantFrom(
    { kind: 'endpoint', url: 'ftp://a' },
    { kind: 'site' },
    { kind: 'global', site: 'KSEA' },
    { length: 1 },
  ),
  fc.constantFrom(JSON.parse('{"__proto__": 1}'), undefined, 1.5, Number.NaN, ['removed', 'no-change'], [], {}),
  fc.anything(),
)
const broken = (good: object) =>
  fc
    .dictionary(fc.constantFrom(...Object.keys(good), 'more'), part, { maxKeys: 2 })
    .map((wrong) => ({ ...good, ...wrong }))

for (const [name, good] of [
  ['alias.registered', registered],
  ['alias.changed', changed],
] as const) {
  test(`what is taken as ${name}, parsing would give back`, (t) => {
    const schema: z.ZodType = aliasEventData[name]
    const fits = compileCheck(schema)
    const seen = { taken: 0, left: 0 }
    fc.assert(
      fc.property(broken(good), (value) => {
        if (!fits(value)) return void seen.left++
        seen.taken++
        t.deepEqual(schema.parse(value), value)
      }),
      { numRuns: 3000 },
    )
    t.true(seen.taken > 100 && seen.left > 100, JSON.stringify(seen))
  })
}

test('what it does not know it never takes', (t) => {
  const taken: readonly (readonly [z.ZodType, unknown])[] = [
    [z.object({ a: z.string() }), { a: 'x' }],
    [z.strictObject({ a: z.string().optional() }), { a: undefined }],
    [z.strictObject({ a: z.string().optional() }), { b: 'x' }],
    [z.strictObject({ a: z.string().default('x') }), {}],
    [z.strictObject({ a: z.string().default('x').optional() }), {}],
    [z.strictObject({ a: z.string().prefault('x').optional() }), {}],
    [z.strictObject({ a: z.optional(z.string()).refine(() => false) }), { a: 'x' }],
    [z.strictObject({ a: z.optional(z.string()).overwrite((text) => `${text}!`) }), { a: 'x' }],
    [z.record(z.string(), z.unknown()).refine(() => false), {}],
    [z.record(z.string(), z.unknown()).refine(async () => true), {}],
    [z.string().refine(async () => true), 'x'],
    [z.record(z.enum(['a', 'b']), z.string()), { a: 'x' }],
    [z.string().base64url(), 'a'],
    [z.strictObject({}).superRefine((_, told) => told.addIssue('never')), {}],
    [z.string().transform(Number), '1'],
    [z.strictObject({ a: z.string() }).refine(() => false), { a: 'x' }],
    [z.union([z.string(), z.number()]), 'x'],
    [z.record(z.string(), z.unknown()), JSON.parse('{"__proto__": 1}')],
    [channelId, CHANNEL.toUpperCase()],
    [z.string().regex(/x/g), 'x'],
    [z.string().min(2), '😀'],
  ]
  for (const [schema, value] of taken) t.false(compileCheck(schema)(value), JSON.stringify(value))
})
