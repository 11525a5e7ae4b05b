import { readFile } from 'node:fs/promises'
import test from 'ava'
import { parse } from 'yaml'
import { z } from 'zod'
import { exposeObservations } from '../../edge-agent/observations/expose-observations.ts'
import { EdgeMetrics } from '../../edge-agent/observe/edge-metrics.ts'
import { exposedMetrics } from '../observability/exposed-metrics.ts'
import { selectionsOf } from '../observability/promql.ts'

const rule = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook_url: z.string() }),
})
const file = z.strictObject({ groups: z.array(z.strictObject({ name: z.string(), rules: z.array(rule).min(1) })) })
const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), 'utf8')

const NOTHING_OBSERVED = {
  status: async () => ({
    isLinked: true,
    error: null,
    following: [],
    followedAt: {},
    stored: 0,
    outbox: { waiting: 0, bytes: 0, forwarded: 0, dropped: 0, refused: 0 },
    lastRefusal: null,
  }),
}

test('every alarm is about metrics that an agent exposes, and leads to its own paragraph', async (t) => {
  const metrics = new EdgeMetrics()
  metrics.exposeConnection(() => true)
  metrics.syncs.inc({ outcome: 'success' })
  exposeObservations(metrics.registry, NOTHING_OBSERVED)
  const known = exposedMetrics(await metrics.registry.metrics())
  const manual = await read('docs/edge.md')
  const { groups } = file.parse(parse(await read('infra/prometheus/edge-alerts.yml')))
  for (const { alert, expr, annotations } of groups.flatMap(({ rules }) => rules)) {
    for (const { metric, labels } of selectionsOf(expr)) {
      t.true(known.has(metric), `${alert} asks for ${metric}`)
      for (const label of labels) t.true(label === 'instance' || known.get(metric)?.has(label), `${alert}: ${label}`)
    }
    t.is(annotations.runbook_url, `docs/edge.md#${alert.toLowerCase()}`)
    t.true(manual.includes(`\n### ${alert}\n`))
  }
})

test('the manual names every metric of the agent', async (t) => {
  const metrics = new EdgeMetrics()
  metrics.exposeConnection(() => true)
  exposeObservations(metrics.registry, NOTHING_OBSERVED)
  const own = metrics.registry
    .getMetricsAsArray()
    .map(({ name }) => name)
    .filter((name) => name.startsWith('pharos_'))
  const manual = await read('docs/edge.md')
  t.deepEqual(
    own.filter((name) => !manual.includes(`\`${name}\``)),
    [],
  )
})
