import { isDeepStrictEqual } from 'node:util'
import test from 'ava'
import pg from 'pg'
import type { Pharos } from '../../gateways/client/index.ts'
import { eventually } from '../support/infrastructure.ts'
import { checkLog } from './check-log.ts'
import { CommandLoad, type Told } from './command-load.ts'
import { compareWithReplay, endOf, testInstallation, commandedEvents } from './installation.ts'
import { seededRandom } from './seeded-random.ts'

const KILLS = 20
const SEED = 20_260_301

test('twenty kills under load lose no accepted command, apply none twice, and leave the tables a replay would make', async (t) => {
  t.timeout(300_000)
  const installation = await testInstallation(t)
  const random = seededRandom(SEED)
  let served = await installation.serve('http', 'commands', 'projections')
  // Up for a tenth of a second in each one and a half: an unlucky command needs many tries.
  const client = await installation.client(60_000)
  const load = new CommandLoad(client, random)

  for (let kill = 0; kill < KILLS; kill++) {
    const [before, most] = [load.answered, Math.floor(random() * 150)]
    const wave = new AbortController()
    load.run(wave.signal)
    // A moment that no timer of the process chooses: after so many answers, most of the senders waiting for theirs.
    await eventually(() => load.answered - before >= most, { timeoutMs: 60_000, intervalMs: 1 })
    const killed = served.kill('SIGKILL')
    wave.abort()
    await killed
    served = await installation.serve('http', 'commands', 'projections')
  }
  await load.settled()

  const store = await installation.log()
  const events = await commandedEvents(store)
  t.deepEqual(checkLog(events, load.told), [])
  t.log(`${load.told.length} commands told, ${events.length} events, ${JSON.stringify(tally(load.told))}`)
  t.true(
    load.told.some(({ result }) => result.status === 'duplicate'),
    'no kill came between an append and its answer',
  )

  t.deepEqual(await inconsistentRetries(client, load.told), [])
  t.is((await commandedEvents(store)).length, events.length, 'the retries wrote nothing')

  t.like(await client.query('alias.count', {}, { minPosition: await endOf(store) }), { status: 'ok' })
  const own = load.told.filter(({ sent }) => 'name' in sent.data && String(sent.data.name).startsWith('own_'))
  t.true(own.every(({ result }) => result.status === 'accepted' || result.status === 'duplicate'))
  t.is(await countOwn(installation.databaseUrl), new Set(own.map(({ sent }) => sent.commandId)).size)

  const compared = await compareWithReplay(installation, store)
  t.is(compared.status, 'swapped')
  t.true(
    compared.status === 'swapped' && compared.tables.length >= 3 && compared.tables.every(({ isEqual }) => isEqual),
  )
})

/** Sends again what was accepted: each must be told the first outcome, as a duplicate. */
async function inconsistentRetries(client: Pharos, told: readonly Told[]): Promise<readonly object[]> {
  const wrong: object[] = []
  const queue = told.values()
  const sender = async (): Promise<void> => {
    for (const { sent, result: first } of queue) {
      if (first.status !== 'accepted' && first.status !== 'duplicate') continue
      const again = await client.send(sent.type, sent.data, { commandId: sent.commandId })
      const expected = { ...first, status: 'duplicate' }
      // A command that changed nothing left nothing to remember: it is decided anew.
      if (first.events.length > 0 && !isDeepStrictEqual(again, expected)) wrong.push({ sent, first, again })
    }
  }
  await Promise.all(Array.from({ length: 24 }, sender))
  return wrong
}

function tally(told: readonly Told[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { result } of told) counts[result.status] = (counts[result.status] ?? 0) + 1
  return counts
}

async function countOwn(databaseUrl: string): Promise<number> {
  const database = new pg.Client({ connectionString: databaseUrl })
  await database.connect()
  try {
    const { rows } = await database.query<{ count: string }>(
      `select count(*) from pharos.aliases where alias like 'own\\_%'`,
    )
    return Number(rows[0]?.count)
  } finally {
    await database.end()
  }
}
