import test from 'ava'
import { eventually } from '../support/infrastructure.ts'
import { EdgeWorld } from './support/edge-world.ts'
import { fillFleet } from './support/fleet-source.ts'
import { inCopy, quickCopy, slowCopy } from './support/slow-copy.ts'
import { watchReaders, wholeState } from './support/watch-readers.ts'

const USERS = 2000
const MINUTE = 60_000

/** A device that has edition `old`, and is slow to become edition `new`, which is published. */
async function midLoad(t: Parameters<typeof EdgeWorld.open>[0], tactic: string) {
  const world = await EdgeWorld.open(t)
  await fillFleet(world.source, 'old', USERS)
  await world.publish()
  const agent = await world.process({ LOAD_TACTIC: tactic })
  if (world.central.manifest !== undefined) await world.settles(world.central.manifest)
  const readers = watchReaders(world.edge)
  await slowCopy(world.edge, 0.002)
  await fillFleet(world.source, 'new', USERS)
  const next = await world.publish()
  world.central.wake()
  return { world, agent, readers, next, copying: await inCopy(world.edge) }
}

for (const tactic of ['shadow', 'diff'])
  test(`an agent that is killed in the middle of a load (${tactic}) leaves old data and a ledger that the next start corrects`, async (t) => {
    t.timeout(5 * MINUTE)
    const { world, agent, readers, next } = await midLoad(t, tactic)
    await agent.kill('SIGKILL')
    t.is((await world.ledger()).at(-1)?.status, 'running')
    await eventually(async () => readers.states.size === 1)
    await quickCopy(world.edge)
    await world.process({ LOAD_TACTIC: tactic })
    await world.settles(next)
    await readers.stop()
    t.deepEqual([...readers.states].toSorted(), [wholeState('new', USERS), wholeState('old', USERS)])
    // A start while Postgres had not noticed yet that the agent was gone is a failed run of its own.
    const [first, killed, ...rest] = await world.ledger()
    t.is(first?.status, 'success')
    t.like(killed, {
      status: 'failed',
      error: 'the agent, or its database, ended while this was running',
      manifestId: next.manifestId,
    })
    t.like(rest.at(-1), { status: 'success', manifestId: next.manifestId })
    await eventually(async () => (await leftovers(world)).length === 0, { what: 'nothing is left over' })
  })

test('a frozen agent holds nobody up; it goes on when it wakes, and another that came meanwhile had to wait', async (t) => {
  t.timeout(5 * MINUTE)
  const { world, agent, readers, next } = await midLoad(t, 'shadow')
  process.kill(agent.pid, 'SIGSTOP')
  const seen = readers.states.size
  const before = readers.longestMs()
  const other = await world.process({ LOAD_TACTIC: 'shadow', EDGE_DATA_DIR: `${world.dataDir}/other` })
  const refused = await fetch(`${other.url}/sync/now?wait=true`, { method: 'POST' })
  t.like(await refused.json(), { status: 'failed', message: 'another agent is at work on this database' })
  t.is(readers.states.size, seen, 'readers see the old data')
  t.true(readers.longestMs() - before < 5000)
  await other.kill('SIGTERM')
  await quickCopy(world.edge)
  process.kill(agent.pid, 'SIGCONT')
  await world.settles(next, 2 * MINUTE)
  await readers.stop()
  t.deepEqual([...readers.states].toSorted(), [wholeState('new', USERS), wholeState('old', USERS)])
})

test('a session that Postgres ends in the middle of COPY is a recorded failure, told to central; the next sync succeeds', async (t) => {
  t.timeout(5 * MINUTE)
  const { world, readers, next, copying } = await midLoad(t, 'shadow')
  await world.edge.query('select pg_terminate_backend($1)', [copying])
  await eventually(async () => (await world.ledger()).at(-1)?.status === 'failed', { timeoutMs: MINUTE })
  // Postgres' last word, or the broken connection where a write of ours met it first.
  t.regex((await world.ledger()).at(-1)?.error ?? '', /terminat|ECONNRESET|EPIPE/)
  await quickCopy(world.edge)
  world.central.wake()
  await world.settles(next)
  await eventually(() => world.central.acks.length === 3, { timeoutMs: MINUTE })
  t.deepEqual(
    world.central.acks.map(({ status }) => status),
    ['Success', 'Failed', 'Success'],
  )
  await readers.stop()
  t.deepEqual([...readers.states].toSorted(), [wholeState('new', USERS), wholeState('old', USERS)])
  await eventually(async () => (await leftovers(world)).length === 0, { what: 'nothing is left over' })
})

/** Tables that a failed or a finished load should not have left behind. */
async function leftovers(world: EdgeWorld): Promise<readonly string[]> {
  const { rows } = await world.edge.query<{ name: string }>(
    `select schemaname || '.' || tablename as name from pg_tables where schemaname ~ '^pharos_(next|old)'`,
  )
  return rows.map(({ name }) => name)
}
