import pg from 'pg'
import { askHttp, postCommand } from '../crash/post-command.ts'
import { testInstallation } from '../crash/installation.ts'
import type { Declare } from '../support/declare.ts'
import { afterTests, type TestDatabase } from '../support/infrastructure.ts'

const uuid = '6f1c1c1e-0000-4000-8000-000000000001'
const other = '6f1c1c1e-0000-4000-8000-000000000002'

/** The way of observations through the whole platform, however `newDatabase` cuts them by time. */
export function observationsContract(
  test: Declare,
  newDatabase: (t: { readonly title: string }) => Promise<TestDatabase>,
): void {
  test('a channel is registered and named, observed over HTTP, and read as clients and SQL read it', async (t) => {
    t.timeout(300_000)
    const installation = await testInstallation(t, newDatabase(t))
    const { api } = await installation.serve('http', 'commands', 'projections', 'telemetry')
    const token = await installation.token()
    const ask = (path: string, position?: string) =>
      askHttp(`${api}${path}`, token, position === undefined ? {} : { headers: { 'Pharos-Min-Position': position } })
    const send = (body: string, type = 'application/json') =>
      askHttp(`${api}/api/v1/observation`, token, { method: 'POST', body, headers: { 'content-type': type } })

    const details = { channelId: uuid, name: 'bitcoin', description: 'Price of a coin', unit: 'USD' }
    const registered = await postCommand(api, token, 'channel.register', details)
    t.is(registered.status, 200)
    const again = { channelId: other, name: 'bitcoin', secondary: 'futures', device: 'gate-4' }
    const second = await postCommand(api, token, 'channel.register', again)
    t.like(await postCommand(api, token, 'channel.register', { ...details, name: 'x' }), {
      status: 409,
      body: { code: 'channel_taken', violations: [{ field: 'data.channelId' }] },
    })
    const alias = { scope: { kind: 'site', site: 'SEA' }, name: 'Coin', target: { kind: 'channel', channelId: uuid } }
    t.is((await postCommand(api, token, 'alias.register', alias)).status, 200)

    const listed = await ask('/api/channels?name=bitcoin', String(second.body['position']))
    t.like(listed, { status: 200, body: { nextCursor: null } })
    const channels = listed.body['channels'] as { id: number; uuid: string; secondary: string | null }[]
    t.deepEqual(
      channels.map(({ uuid: id, secondary }) => [id, secondary]),
      [
        [uuid, null],
        [other, 'futures'],
      ],
    )
    t.like(await ask(`/api/channels/${uuid}`), {
      status: 200,
      body: { name: 'bitcoin', author: 'crash-test', unit: 'USD' },
    })
    t.like(await ask('/api/channels?search=price%20coi'), { status: 200, body: { channels: [{ uuid }] } })
    t.like(await ask(`/api/channels/${uuid.replace('1', '9')}`), { status: 404, body: { code: 'channel_not_found' } })

    const one = await send(`{"stream":"${uuid}","value":45000.50,"observed_at":"1704326400","hash":"abc123"}`)
    t.like(one, { status: 202, body: { accepted: 1, refused: 0 } })
    const got = await ask(`/api/v1/observation/get?stream=${uuid}`, String(one.body['position']))
    const [id] = channels.map((channel) => channel.id)
    t.deepEqual(got.body, {
      id: got.body['id'],
      value: '45000.50',
      observed_at: '1704326400',
      hash: 'abc123',
      stream_id: id,
      stream: { id, name: 'bitcoin', secondary: null, meta: null, description: 'Price of a coin' },
      ts: '2024-01-04T00:00:00',
    })

    const refusals: readonly (readonly [string, string])[] = [
      [`{"stream":"${uuid}","value":"NaN","observed_at":"1704326400"}`, 'value'],
      [`{"stream":"${uuid}","value":1,"observed_at":"2126-01-01T00:00:00Z"}`, 'observed_at'],
      [`{"stream":"${uuid.replace('1', '9')}","value":1,"observed_at":"1704326400"}`, 'stream'],
      [`{"stream":"${other}","device":"gate-5","value":1,"observed_at":"1704326400"}`, 'stream'],
      [`{"stream":"'; drop table streams","value":1,"observed_at":"1704326400"}`, 'stream'],
      ['{"value"', 'body'],
    ]
    for (const [body, field] of refusals)
      t.like(await send(body), { status: 422, body: { violations: [{ field }] } }, body)

    // Every ten minutes of a day, as lines; some are bad, some come twice.
    const line = (n: number) => JSON.stringify({ stream: other, value: `${n}.50`, observed_at: 1704412800 + n * 600 })
    const lines = [...Array.from({ length: 144 }, (_, n) => line(n)), 'oops', '', line(3), line(4)]
    const bulk = await send(lines.join('\n'), 'application/x-ndjson')
    t.like(bulk, { status: 202, body: { accepted: 146, refused: 1, problems: [{ line: 145, field: 'body' }] } })
    const series = await ask(
      `/api/channels/${other}/series?from=2024-01-05T00:00:00Z&to=2024-01-06T00:00:00Z&bucket=12h&aggregate=avg`,
      String(bulk.body['position']),
    )
    t.deepEqual(series.body['points'], [
      { at: '2024-01-05T00:00:00.000Z', value: '36', count: 72 },
      { at: '2024-01-05T12:00:00.000Z', value: '108', count: 72 },
    ])
    t.like(await ask(`/api/channels/${other}/series?from=2024-01-05T00:00:00Z&to=2024-01-06T00:00:00Z&bucket=1s`), {
      status: 400,
      body: { violations: [{ field: 'data.bucket' }] },
    })
    for (const order of ['oldest', 'newest', 'arrival']) {
      const seen: unknown[] = []
      let cursor = ''
      for (let page = 0; page < 4; page++) {
        const answer = await ask(`/api/channels/${other}/observations?order=${order}&limit=50${cursor}`)
        const observations = answer.body['observations'] as { value: string }[]
        seen.push(...observations.map(({ value }) => value))
        cursor = `&cursor=${String(answer.body['nextCursor'])}`
        if (observations.length < 50) break
      }
      t.is(new Set(seen).size, 144, order)
      t.is(seen.length, 144, order)
    }

    const database = new pg.Client(installation.databaseUrl)
    await database.connect()
    afterTests(() => database.end())
    const { rows } = await database.query(`
      select channel_aliases.site, channel_aliases.alias, telemetry.ts, telemetry.value
      from telemetry
      join channel_aliases on channel_aliases.channel_id = telemetry.channel_id`)
    t.deepEqual(rows, [{ site: 'SEA', alias: 'Coin', ts: new Date('2024-01-04T00:00:00Z'), value: '45000.50' }])
  })
}
