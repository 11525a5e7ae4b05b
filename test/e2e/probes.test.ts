import test from 'ava'
import { testInstallation } from '../crash/installation.ts'
import { eventually } from '../support/infrastructure.ts'

for (const role of ['commands', 'projections'] as const)
  test(`a process with the role ${role} alone is probed and measured like any other, and has no API`, async (t) => {
    t.timeout(60_000)
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
    await eventually(() => isReady(expected), { timeoutMs: 30_000 })
    if (role === 'commands') {
      t.like(await (await get('/readyz')).json(), { checks: { 'projector aliases': 'was never run' } })
      const projections = await installation.serve('projections')
      await eventually(() => isReady(200), { timeoutMs: 30_000 })
      await projections.kill('SIGKILL')
      await eventually(() => isReady(503), { timeoutMs: 30_000 })
    }
    const ready = expected === 200 ? 1 : 0
    await eventually(async () =>
      (await (await get('/metrics', { authorization })).text()).includes(`\npharos_ready ${ready}\n`),
    )
  })
