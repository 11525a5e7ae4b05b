import { eventually, type TestDatabase } from '../support/infrastructure.ts'
import { isDone } from '../support/is-done.ts'
import type { Declare } from '../support/declare.ts'
import { testInstallation } from './installation.ts'
import { channel, connect, count, publisher, sorted, stored } from './observation-load.ts'
import { seededRandom } from './seeded-random.ts'

const KILLS = 3
const WAIT = { timeoutMs: 60_000 }

/** What becomes of observations when the sink's process is killed, however `newDatabase` cuts them by time. */
export function killedSinkContract(
  test: Declare,
  newDatabase: (t: { readonly title: string }) => Promise<TestDatabase>,
): void {
  test('a sink that is killed again and again stores every observation, and none twice', async (t) => {
    t.timeout(300_000)
    const installation = await testInstallation(t, newDatabase(t))
    const { api } = await installation.serve('http', 'commands', 'projections')
    const client = await installation.client()
    t.true(isDone(await client.command('channel.register', { channelId: channel, name: 'pressure' })))
    t.truthy(api)
    const load = await publisher(installation.natsUrl)
    const database = await connect(installation.databaseUrl)
    let sink = await installation.serve('telemetry')
    const random = seededRandom(20_260_302)
    let seen = 0
    for (let kill = 0; kill < KILLS; kill++) {
      // While it is at work: rows of this life are there, and more are on their way.
      const until = seen + Math.floor(random() * 100)
      seen = await eventually(async () => ((await count(database)) > until ? count(database) : undefined), WAIT)
      await sink.kill('SIGKILL')
      sink = await installation.serve('telemetry')
    }
    await load.stop()
    await eventually(async () => (await count(database)) === load.published.size, WAIT)
    t.deepEqual(await stored(database), sorted(load.published))
    t.log(`${load.published.size} observations through ${KILLS} kills`)
    const { rows } = await database.query('select * from pharos.telemetry_lost')
    t.deepEqual(rows, [])
  })
}
