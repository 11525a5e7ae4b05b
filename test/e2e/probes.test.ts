import test from 'ava'
import { Installation, testInstallation } from '../crash/installation.ts'
import { privateNats, privatePostgres } from '../crash/private-server.ts'
import { eventually } from '../support/infrastructure.ts'

for (const role of ['commands', 'projections'] as const)
  test(`a process with the role ${role} alone is probed and measured like any other, and has no API`, async (t) => {
    t.timeout(300_000)
    const installation = await testInstallation(t)
    const served = await installation.serve(role)
    t.is(served.api, '')
    const { probes }: { probes: string } = JSON.parse(await served.line(/"msg":"ready"/))
    const authorization = `Bearer ${await installation.token()}`
    const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${probes}${path}`, { headers })

    t.is((await get('/healthz')).status, 200)
    t.is((await get('/metrics')).status, 401)
    t.is((await get('/api/aliases', { authorization })).status, 404)
    t.is((await get('/docs', { authorization })).status, 404)
    const metrics = await (await get('/metrics', { authorization })).text()
    t.regex(metrics, new RegExp(`^pharos_build_info\\{version="[\\d.]+",roles="${role}"\\} 1$`, 'm'))
    t.regex(metrics, /^pharos_server_up\{server="nats"\} 1$/m)
    t.regex(metrics, /^pharos_http_request_duration_seconds_count\{method="GET",route="\/healthz",status="200"\} 1$/m)

    // Where only commands are taken nobody projects: the probe says so, and so does the gauge; before and after somebody did.
    const expected = role === 'projections' ? 200 : 503
    const isReady = async (status: number): Promise<boolean> => (await get('/readyz')).status === status
    await eventually(() => isReady(expected), { timeoutMs: 60_000 })
    if (role === 'commands') {
      t.like(await (await get('/readyz')).json(), { checks: { 'projector aliases': 'was never run' } })
      const projections = await installation.serve('projections')
      await eventually(() => isReady(200), { timeoutMs: 60_000 })
      await projections.kill('SIGKILL')
      await eventually(() => isReady(503), { timeoutMs: 60_000 })
    }
    const ready = expected === 200 ? 1 : 0
    await eventually(async () =>
      (await (await get('/metrics', { authorization })).text()).includes(`\npharos_ready ${ready}\n`),
    )
  })

test('with NATS and Postgres away, probes and metrics are answered in time and say so', async (t) => {
  t.timeout(300_000)
  const [nats, postgres] = await Promise.all([privateNats(), privatePostgres()])
  const installation = new Installation({ natsUrl: nats.url, databaseUrl: postgres.url })
  const { api } = await installation.serve('http', 'projections')
  const headers = { authorization: `Bearer ${await installation.token()}` }
  const metrics = async (): Promise<string> => {
    // As long as Prometheus waits.
    const answer = await fetch(`${api}/metrics`, { headers, signal: AbortSignal.timeout(10_000) })
    t.is(answer.status, 200)
    return answer.text()
  }
  await eventually(async () => (await metrics()).includes('\npharos_ready 1\n'), { timeoutMs: 60_000 })
  await Promise.all([nats.stop(), postgres.stop()])
  const away = await eventually(
    async () => {
      const text = await metrics()
      return text.includes('\npharos_ready 0\n') ? text : undefined
    },
    { timeoutMs: 60_000 },
  )
  t.regex(away, /^pharos_server_up\{server="nats"\} 0$/m)
  t.regex(away, /^pharos_server_up\{server="postgres"\} 0$/m)
  t.notRegex(away, /^pharos_projector_lag_events\{/m, 'what is not known is not told')
  t.is((await fetch(`${api}/healthz`)).status, 200)
  t.like(await (await fetch(`${api}/readyz`)).json(), { checks: { nats: 'away', postgres: 'away' } })

  await Promise.all([nats.start(), postgres.start()])
  await eventually(async () => (await metrics()).includes('\npharos_ready 1\n'), { timeoutMs: 60_000 })
  t.regex(await metrics(), /^pharos_nats_reconnects_total [1-9]/m)
})
