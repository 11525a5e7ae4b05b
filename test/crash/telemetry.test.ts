import test from 'ava'
import { eventually, testDatabase, testNats } from '../support/infrastructure.ts'
import { isDone } from '../support/is-done.ts'
import { Installation } from './installation.ts'
import { killedSinkContract } from './killed-sink.contract.ts'
import { channel, connect, count, publisher, sorted, stored } from './observation-load.ts'
import { privatePostgres } from './private-server.ts'

const WAIT = { timeoutMs: 60_000 }
/** How long Postgres is away. */
const OUTAGE_MS = 60_000

killedSinkContract(test, testDatabase)

test('with Postgres away for a minute observations are taken all the same, and drain when it is back', async (t) => {
  t.timeout(300_000)
  const [nats, postgres] = [await testNats(t), await privatePostgres()]
  const installation = new Installation({ natsUrl: nats.url, databaseUrl: postgres.url })
  const served = await installation.serve('http', 'commands', 'projections', 'telemetry')
  const client = await installation.client()
  t.true(isDone(await client.command('channel.register', { channelId: channel, name: 'pressure' })))
  const load = await publisher(nats.url)
  await eventually(() => load.published.size > 100, WAIT)
  await postgres.stop()
  await served.line(/projector telemetry is away/)
  const [before, away] = [load.published.size, performance.now()]
  const isLong = (): boolean => performance.now() - away > OUTAGE_MS && load.published.size > before + 500
  await eventually(isLong, { timeoutMs: OUTAGE_MS + WAIT.timeoutMs })
  const token = await installation.token()
  const body = JSON.stringify({ stream: channel, value: '0.5', observed_at: '1704326400', id: 'o0' })
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const sent = await fetch(`${served.api}/api/v1/observation`, { method: 'POST', body, headers })
  t.is(sent.status, 202)
  await postgres.start()
  await load.stop()
  const database = await connect(postgres.url)
  await eventually(async () => (await count(database)) === load.published.size, WAIT)
  t.deepEqual(await stored(database), sorted(load.published))
})
