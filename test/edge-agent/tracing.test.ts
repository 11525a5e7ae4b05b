import test from 'ava'
import { EdgeWorld } from './support/edge-world.ts'
import { fillFleet } from './support/fleet-source.ts'

test('one trace leads from the request through each step to the ack, and every line of the log names the manifest', async (t) => {
  t.timeout(300_000)
  const world = await EdgeWorld.open(t)
  await fillFleet(world.source, 'old', 5)
  const manifest = await world.publish()
  const agent = await world.process({ OTEL_TRACES_EXPORTER: 'console' })
  await world.settles(manifest)
  await agent.line(/"msg":"sync success"/, 60_000)
  await agent.kill('SIGTERM') // Draining sends what the exporter still holds.

  const trace =
    /^00-([0-9a-f]{32})-/.exec(world.central.requests.find(({ traceparent }) => traceparent)?.traceparent ?? '')?.[1] ??
    ''
  const spans = agent.lines
    .join('\n')
    .split(/^\{$/m)
    .filter((span) => span.includes(`traceId: '${trace}'`))
  for (const step of ['sync', 'request', 'judge', 'receive', 'load', 'acknowledge', 'tidy'])
    t.true(
      spans.some((span) => span.includes(`name: '${step}'`)),
      step,
    )
  t.true(spans.some((span) => span.includes(`'pharos.manifestId': '${manifest.manifestId}'`)))
  t.true(world.central.acks[0]?.traceparent?.includes(trace))

  const log = agent.lines.flatMap((line) =>
    line.startsWith('{"level"') ? [JSON.parse(line) as Record<string, unknown>] : [],
  )
  for (const step of ['judge', 'receive', 'load', 'acknowledge', 'tidy'])
    for (const what of ['started', 'finished'])
      t.true(
        log.some(({ msg, manifestId }) => msg === `${step} ${what}` && manifestId === manifest.manifestId),
        `${step} ${what}`,
      )
  t.false(
    agent.lines.some((line) => line.includes(new URL(world.edgeUrl).password)),
    'no password in any line',
  )
})
