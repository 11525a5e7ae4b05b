import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { eventually } from '../support/eventually.ts'
import { Compose } from './compose.ts'
import { MINUTES, inContainers } from './in-containers.ts'

const targets = z.object({
  activeTargets: z.array(
    z.object({ health: z.string(), lastError: z.string(), labels: z.looseObject({ service: z.string() }) }),
  ),
})
const rules = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ name: z.string(), health: z.string() })) })),
})

inContainers('Prometheus finds every process and reads its metrics; every alert rule is evaluated', async (t) => {
  t.timeout(30 * MINUTES)
  const compose = await Compose.project(t)
  await compose.makeSecrets()
  await compose.run('build')
  await compose.run('up', '--detach', '--scale', 'commands=2')
  const viewer = ['token', '--role', 'viewer', '--subject', 'prometheus', '--ttl', '31536000']
  const token = await compose.run('run', '--rm', '--no-deps', '-T', 'http', ...viewer)
  const file = join(compose.secretsDir, 'metrics_token')
  await writeFile(file, token)
  await chmod(file, 0o444)
  await compose.run('--profile', 'observability', 'up', '--detach', 'prometheus')
  const prometheus = await compose.address('prometheus', 9090)

  const up = await eventually(
    async () => {
      const { activeTargets } = targets.parse(await ask(prometheus, '/api/v1/targets'))
      return activeTargets.length === 6 && activeTargets.every(({ health }) => health === 'up')
        ? activeTargets
        : undefined
    },
    { timeoutMs: 5 * MINUTES, intervalMs: 1000, what: 'every target is up' },
  )
  t.deepEqual(up.map(({ labels }) => labels.service).toSorted(), [
    'commands',
    'commands',
    'devices',
    'http',
    'projections',
    'telemetry',
  ])
  const evaluated = await eventually(
    async () => {
      const { groups } = rules.parse(await ask(prometheus, '/api/v1/rules'))
      const all = groups.flatMap(({ rules: some }) => some)
      return all.every(({ health }) => health !== 'unknown') ? all : undefined
    },
    { timeoutMs: 5 * MINUTES, intervalMs: 1000, what: 'every rule is evaluated' },
  )
  t.true(evaluated.length > 10)
  t.deepEqual(
    evaluated.filter(({ health }) => health !== 'ok'),
    [],
  )
})

async function ask(prometheus: string, path: string): Promise<unknown> {
  const answer = await fetch(`${prometheus}${path}`, { signal: AbortSignal.timeout(5000) })
  return ((await answer.json()) as { data: unknown }).data
}
