import test from 'ava'
import type { Logs } from '../../gateways/cli/platform/logs.ts'
import { readinessOf } from '../../gateways/cli/platform/readiness.ts'
import { survey, type SurveyParts } from '../../gateways/cli/platform/survey.ts'
import { projectorStatus } from '../../projections/lag.ts'
import { AliasLog, EPOCH, GLOBAL_SCOPE, registered } from '../projections/alias-events.ts'
import { ProjectionWorld } from '../projections/projection-world.ts'
import { TestLog } from '../projections/test-log.ts'

test('a projector that goes on while it is asked about is ready, and not ahead of its log', async (t) => {
  const world = await ProjectionWorld.create(t)
  const [log, recorded] = [new TestLog(), new AliasLog()]
  let written = 0
  const write = async (): Promise<void> => {
    recorded.record(registered(++written, GLOBAL_SCOPE, `name-${written}`))
    log.add(...recorded.events.slice(-1))
    await world.untilPosition(written)
  }
  world.run(log)
  await write()
  /** Where the log ends; then something is written, and projected, before the answer is there. */
  const slowHead = async () => {
    const head = await log.head()
    await write()
    return head
  }
  const standing = { state: 'live', lagEvents: 0 }
  t.like((await projectorStatus(world.pool, slowHead))[0], standing)

  const nothing = { head: async () => ({ epoch: EPOCH, sequence: 0 }) }
  const logs = { events: { head: slowHead }, audit: nothing, sync: nothing, telemetry: nothing } as unknown as Logs
  const connection = { isClosed: () => false } as SurveyParts['connection']
  const seen = await survey({ connection, logs, pool: world.pool })
  t.like(seen.projectors?.[0], standing)
  t.is(readinessOf(seen).checks['projector aliases'], 'ok')
})
