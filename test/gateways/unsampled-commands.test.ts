import test from 'ava'
import type { ArrivedCommand } from '../../commands/arrived-command.ts'
import type { CommandBus } from '../../commands/command-bus.ts'
import { Metrics } from '../../gateways/observability/metrics.ts'
import { observeCommandBus } from '../../gateways/observability/observe-command-bus.ts'
import { startTelemetry } from '../../infra/telemetry.ts'
import { actorId } from '../../schemas/ids.ts'
import { afterTests } from '../support/infrastructure.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'

test('a trace that is not sampled is named in events if the sender began it; one that began here has no name', async (t) => {
  Object.assign(process.env, { OTEL_TRACES_EXPORTER: 'console', OTEL_TRACES_SAMPLER: 'parentbased_always_off' })
  const telemetry = startTelemetry(process.env)
  afterTests(() => telemetry.stop())
  const carried: (string | undefined)[] = []
  const bus: CommandBus = {
    types: ['alias.register'],
    async dispatch({ traceparent }) {
      carried.push(traceparent)
      return { status: 'unavailable', message: 'this test has no log' }
    },
  }
  const observed = observeCommandBus(bus, new Metrics())
  const command: ArrivedCommand = {
    type: 'alias.register',
    body: {},
    actor: { id: actorId.parse('ann'), roles: ['operator'] },
  }
  await observed.dispatch(command)
  await observed.dispatch({ ...command, traceparent: `00-${TRACE}-b7ad6b7169203331-00` })
  await observed.dispatch({ ...command, traceparent: `00-${TRACE}-b7ad6b7169203331-01` })
  t.is(carried[0], undefined)
  t.regex(carried[1] ?? '', new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`))
  t.regex(carried[2] ?? '', new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`), 'the sender records it')
})
