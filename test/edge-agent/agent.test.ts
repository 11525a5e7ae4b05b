import test from 'ava'
import { pino } from 'pino'
import { Agent } from '../../edge-agent/agent.ts'
import type { News } from '../../edge-agent/central/central.ts'
import { eventually } from '../support/eventually.ts'

const logger = pino({ level: 'silent' })
const INTERVAL = 60_000

/** An agent that has synced once, and what its central tells it; `random` is what each draw gives. */
async function started(random: () => number, intervalMs = INTERVAL) {
  const syncs: string[] = []
  let tell: (why: News) => void = () => undefined
  const agent = new Agent({
    sync: async (why) => {
      syncs.push(why)
      return { status: 'away', message: 'only counted' }
    },
    central: {
      onNews(listener) {
        tell = listener
        return () => undefined
      },
    },
    intervalMs,
    timeoutMs: 1_000,
    random,
    logger,
  })
  agent.start()
  await eventually(() => syncs.length === 1)
  return { agent, syncs, tell: (why: News) => tell(why) }
}

test('a wake and a link that is back are a sync at once', async (t) => {
  const { agent, syncs, tell } = await started(() => 0.5)
  tell('connected')
  await eventually(() => syncs.length === 2)
  tell('wake')
  await eventually(() => syncs.length === 3)
  t.deepEqual(syncs, ['timer', 'connected', 'wake'])
  await agent.stop()
})

test('whom another server takes in asks at a random time within the interval', async (t) => {
  const { agent, syncs, tell } = await started(() => 0.002)
  const from = performance.now()
  tell('taken-in')
  t.is(syncs.length, 1)
  await eventually(() => syncs.length === 2)
  t.true(performance.now() - from >= 0.002 * INTERVAL - 5)
  await agent.stop()
})

test('being taken in again and again puts no sync off', async (t) => {
  // At most half a second by the clock, however the wait is drawn anew.
  const draws = [0]
  const { agent, syncs, tell } = await started(() => draws.shift() ?? 1, 1_000)
  const timer = setInterval(() => tell('taken-in'), 20)
  await eventually(() => syncs.length === 2, { timeoutMs: 60_000 })
  clearInterval(timer)
  t.is(syncs[1], 'timer')
  await agent.stop()
})
