import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import { parse } from 'yaml'
import { z } from 'zod'
import { testInstallation } from '../crash/installation.ts'
import { postCommand } from '../crash/post-command.ts'
import { eventually } from '../support/infrastructure.ts'
import { exposedMetrics } from './exposed-metrics.ts'
import { findPromtool } from './find-promtool.ts'
import { selectionsOf } from './promql.ts'

const INFRA = new URL('../../infra/', import.meta.url)
const RULES = fileURLToPath(new URL('prometheus/alerts.yml', INFRA))
/** Given by Prometheus itself: to every sample, or to targets by our scrape configuration. */
const OF_PROMETHEUS = { metrics: new Set(['up']), labels: new Set(['job', 'instance', 'service', 'le']) }
/** Metrics that have their first samples when all others have. */
const LAST = ['pharos_projector_events_total', 'pharos_projector_lag_seconds', 'pharos_sync_silent_devices']
/** What is turned away comes only with a flood, or with faults: its label is declared, not seen. */
const DECLARED = new Set(['pharos_overloaded_requests_total', 'pharos_observations_refused_total'])
const run = promisify(execFile)
/** Where there is none, and no Debian to have it from, only the grammar is checked. */
const promtool = await findPromtool(process.env).catch(() => '')
const withPromtool = promtool === '' ? test.skip : test

const rule = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook_url: z.string() }),
})
const ruleFile = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), rules: z.array(rule).min(1) })).min(1),
})
const dashboard = z.looseObject({
  uid: z.string(),
  panels: z
    .array(
      z.looseObject({
        id: z.int(),
        type: z.string(),
        title: z.string().min(1),
        datasource: z.object({ uid: z.string() }).optional(),
        targets: z.array(z.looseObject({ expr: z.string() })).optional(),
      }),
    )
    .min(1),
})

async function rules(): Promise<readonly z.infer<typeof rule>[]> {
  return ruleFile.parse(parse(await readFile(RULES, 'utf8'))).groups.flatMap((group) => group.rules)
}

async function dashboards(): Promise<readonly z.infer<typeof dashboard>[]> {
  const folder = new URL('grafana/dashboards/', INFRA)
  return Promise.all(
    (await readdir(folder)).map(async (name) =>
      dashboard.parse(JSON.parse(await readFile(new URL(name, folder), 'utf8'))),
    ),
  )
}

/** Every expression by where it stands, with Grafana's variables filled in. */
async function expressions(): Promise<readonly (readonly [string, string])[]> {
  const panels = (await dashboards()).flatMap(({ uid, panels: all }) =>
    all.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [`${uid}, ${title}`, expr] as const)),
  )
  return [...(await rules()).map(({ alert, expr }) => [alert, expr] as const), ...panels].map(([where, expr]) => [
    where,
    expr.replaceAll('$__rate_interval', '5m'),
  ])
}

test('every expression of alerts and dashboards is PromQL, of metrics and labels that a process exposes', async (t) => {
  t.timeout(300_000)
  const installation = await testInstallation(t)
  const { api } = await installation.serve('http', 'commands', 'projections', 'telemetry', 'devices')
  const token = await installation.token()
  const metrics = await eventually(
    async () => {
      const target = { kind: 'endpoint', url: 'https://example.com/' }
      await postCommand(api, token, 'alias.register', { scope: { kind: 'global' }, name: 'Observed', target })
      await fetch(`${api}/api/aliases`, { headers: { authorization: `Bearer ${token}` } })
      const answer = await fetch(`${api}/metrics`, { headers: { authorization: `Bearer ${token}` } })
      const text = await answer.text()
      // What is counted when it happens, or asked of Postgres, has labels from then on.
      return LAST.every((metric) => text.includes(`\n${metric}{`)) ? exposedMetrics(text) : undefined
    },
    { timeoutMs: 80_000, intervalMs: 200 },
  )
  const all = await expressions()
  t.true(all.length > 40)
  for (const [where, expression] of all) {
    const selections = selectionsOf(expression)
    t.true(selections.length > 0, `${where} selects nothing`)
    for (const { metric, labels } of selections) {
      const known = OF_PROMETHEUS.metrics.has(metric) ? new Set<string>() : metrics.get(metric)
      t.truthy(known, `${where} asks for ${metric}, which nothing exposes`)
      const strange = labels.filter((label) => known?.has(label) !== true && !OF_PROMETHEUS.labels.has(label))
      if (!DECLARED.has(metric)) t.deepEqual(strange, [], `${where}: labels of ${metric}`)
    }
  }
})

test('what is not PromQL is found', (t) => {
  t.throws(() => selectionsOf('sum(rate(x[5m)'), { message: /not PromQL/ })
  t.deepEqual(selectionsOf('sum by (b) (rate(x{a="1"}[5m])) / y'), [
    { metric: 'x', labels: ['a', 'b'] },
    { metric: 'y', labels: [] },
  ])
})

test('every alarm leads to its own paragraph in the operations manual', async (t) => {
  const manual = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const headings = new Set(
    [...manual.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => `docs/operations.md#${anchor(title)}`),
  )
  const all = await rules()
  t.is(new Set(all.map(({ alert }) => alert)).size, all.length)
  for (const { alert, annotations } of all) {
    t.is(annotations.runbook_url, `docs/operations.md#${alert.toLowerCase()}`)
    t.true(headings.has(annotations.runbook_url), `${annotations.runbook_url} is no heading`)
  }
})

test('the dashboards read from the provisioned source, and no two panels have one id', async (t) => {
  const source = z.object({ datasources: z.array(z.object({ uid: z.string() })) })
  const file = await readFile(new URL('grafana/provisioning/datasources/prometheus.yaml', INFRA), 'utf8')
  const known = new Set(source.parse(parse(file)).datasources.map(({ uid }) => uid))
  for (const { panels } of await dashboards()) {
    t.is(new Set(panels.map(({ id }) => id)).size, panels.length)
    for (const { title, datasource } of panels) if (datasource !== undefined) t.true(known.has(datasource.uid), title)
  }
})

withPromtool('promtool takes the rules and the configuration, and the alarms sound when they should', async (t) => {
  t.regex((await run(promtool, ['check', 'rules', RULES])).stdout, /SUCCESS: \d+ rules found/)
  const config = fileURLToPath(new URL('prometheus/prometheus.yml', INFRA))
  t.regex((await run(promtool, ['check', 'config', '--syntax-only', config])).stdout, /SUCCESS/)
  const behaviour = fileURLToPath(new URL('alerts.promtool.yml', import.meta.url))
  t.regex((await run(promtool, ['test', 'rules', behaviour])).stdout, /SUCCESS/)
})

function anchor(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')
}
