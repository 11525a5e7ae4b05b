import test from 'ava'
import { channelId } from '../../schemas/ids.ts'
import { serve } from './http-server.ts'

const uuid = channelId.parse('6f1c1c1e-0000-4000-8000-000000000001')
const bound = channelId.parse('6f1c1c1e-0000-4000-8000-000000000002')
const at = '2026-03-01T11:00:00Z'
const observation = (more: object = {}) => ({ stream: uuid, value: '1.50', observed_at: at, ...more })
const JSON_TYPE = { 'content-type': 'application/json' }
const LINES = { 'content-type': 'application/x-ndjson' }

async function open(t: Parameters<typeof serve>[0]) {
  const served = await serve(t)
  for (const data of [
    { channelId: uuid, name: 'bitcoin' },
    { channelId: bound, name: 'pressure', device: 'gate-4' },
  ])
    t.is(
      (await served.admin('POST', '/api/commands/channel.register', { commandId: ulidOf(data.name), data })).statusCode,
      200,
    )
  return served
}

const ulidOf = (name: string): string => `01K9Z0000000000000000000${name === 'bitcoin' ? 'A1' : 'A2'}`

test('one observation is published with its digits, for the device of its channel', async (t) => {
  const { admin, published } = await open(t)
  const body = `{"stream":"${uuid}","value":45000.50,"observed_at":"1704326400","hash":"abc"}`
  t.like((await admin('POST', '/api/v1/observation', body, JSON_TYPE)).json(), { accepted: 1, refused: 0 })
  t.is((await admin('POST', '/api/v1/observation', observation({ stream: bound }))).statusCode, 202)
  t.deepEqual(published, [
    {
      subject: `telemetry.api.${uuid}`,
      body: '[{"value":"45000.50","observed_at":"2024-01-04T00:00:00Z","hash":"abc"}]',
    },
    { subject: `telemetry.gate-4.${bound}`, body: `[{"value":"1.50","observed_at":"${at}"}]` },
  ])
})

test('lines are taken one by one, and told where they are bad', async (t) => {
  const { admin, published } = await open(t)
  const lines = [
    observation(),
    observation({ value: 'NaN' }),
    observation({ stream: bound }),
    observation({ value: '2' }),
  ]
  const answer = await admin(
    'POST',
    '/api/v1/observation',
    `${lines.map((one) => JSON.stringify(one)).join('\n')}\n`,
    LINES,
  )
  t.is(answer.statusCode, 202)
  t.like(answer.json(), { accepted: 3, refused: 1, problems: [{ line: 2, field: 'value' }] })
  t.is(published.length, 2)
})

test('an array is taken as lines are, up to its limit', async (t) => {
  const { admin, published } = await open(t)
  t.like((await admin('POST', '/api/v1/observation', [observation(), observation({ value: '2' })])).json(), {
    accepted: 2,
  })
  t.is(published.length, 1)
  const many = Array.from({ length: 1001 }, () => observation())
  t.like((await admin('POST', '/api/v1/observation', many)).json(), { status: 422, violations: [{ field: 'body' }] })
  t.is((await admin('POST', '/api/v1/observation', 'x'.repeat(2 * 1024 * 1024), JSON_TYPE)).statusCode, 413)
  t.is((await admin('POST', '/api/v1/observation', 'x', { 'content-type': 'text/plain' })).statusCode, 415)
})

test('a line that is too long is refused, and the next one is read', async (t) => {
  const { admin } = await open(t)
  const body = `${'x'.repeat(10_000)}\n${JSON.stringify(observation())}`
  t.like((await admin('POST', '/api/v1/observation', body, LINES)).json(), {
    accepted: 1,
    problems: [{ line: 1, field: 'body' }],
  })
})

test('who may send for which device', async (t) => {
  const { as, published } = await open(t)
  const send = async (role: 'viewer' | 'device', sub: string, more: object = {}) =>
    (await (await as([role], sub))('POST', '/api/v1/observation', observation(more))).statusCode
  t.is(await send('viewer', 'ann'), 403)
  t.is(await send('device', 'gate-4'), 202)
  t.is(await send('device', 'gate-4', { device: 'gate-5' }), 403)
  t.is(await send('device', 'gate-4', { stream: bound }), 202)
  t.is(await send('device', 'gate-5', { stream: bound }), 422)
  t.deepEqual(
    published.map(({ subject }) => subject),
    [`telemetry.gate-4.${uuid}`, `telemetry.gate-4.${bound}`],
  )
})

test('a channel that is retired takes nothing more', async (t) => {
  const { admin, observations } = await open(t)
  t.is((await admin('POST', '/api/v1/observation', observation())).statusCode, 202)
  const body = { commandId: '01K9Z0000000000000000000A9', data: { channelId: uuid } }
  t.is((await admin('POST', '/api/commands/channel.retire', body)).statusCode, 200)
  // The platform hears of it on the log's subject.
  ;(observations.directory as { forget?: (id: typeof uuid) => void }).forget?.(uuid)
  const refused = await admin('POST', '/api/v1/observation', observation())
  t.like(refused.json(), { status: 422, code: 'retired_channel', violations: [{ field: 'stream' }] })
})

test('while the stream is away it is said what is stored', async (t) => {
  const { admin, observations } = await open(t)
  Object.assign(observations.stream, { publish: () => Promise.reject(new Error('no responders')) })
  const answer = await admin('POST', '/api/v1/observation', observation())
  t.like(answer.json(), { status: 503, code: 'unavailable' })
  t.regex(answer.json<{ detail: string }>().detail, /^0 observations are stored/)
})
