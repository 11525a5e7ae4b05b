import test from 'ava'
import { issueToken } from '../../gateways/authentication/issue-token.ts'
import { secretKeyBytes } from '../../gateways/authentication/secret-key.ts'
import { startProcess, testDatabase, testNats } from '../support/infrastructure.ts'

const SECRET_KEY = 'a secret of this test only, 32 bytes and more'
const TRACE = '0af7651916cd43dd8448eb211c80319c'

test('one trace leads from the request through the append to the projection', async (t) => {
  t.timeout(300_000)
  const served = await startProcess({
    file: new URL('../../gateways/cli/main.ts', import.meta.url),
    args: ['serve'],
    env: {
      NATS_URL: (await testNats(t)).url,
      DATABASE_URL: (await testDatabase(t)).url,
      SECRET_KEY,
      MASTER_KEY: SECRET_KEY,
      API_PORT: '0',
      OTEL_TRACES_EXPORTER: 'console',
    },
    waitFor: /"msg":"ready"/,
    timeoutMs: 60_000,
  })
  const ready: { api: string } = JSON.parse(await served.line(/"msg":"ready"/))
  const token = await issueToken(secretKeyBytes(SECRET_KEY), {
    sub: 'ann',
    roles: ['operator'],
    ttlSeconds: 60,
    issuer: 'pharos',
    audience: 'pharos',
    at: Date.now(),
  })
  const response = await fetch(`${ready.api}/api/commands/alias.register`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Authorization: `Bearer ${token}`,
      traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
    },
    body: JSON.stringify({
      commandId: '01K9Z0000000000000000000A1',
      data: {
        scope: { kind: 'global' },
        name: 'Master_Clock',
        target: { kind: 'channel', channelId: '3f0c2d7e-6d1b-4f0e-9a53-0d6f7a1b2c3d' },
      },
    }),
    signal: AbortSignal.timeout(60_000),
  })
  t.is(response.status, 200)
  const position = response.headers.get('pharos-position') ?? ''
  const seen = await fetch(`${ready.api}/api/aliases/resolve/global/Master_Clock`, {
    headers: { Authorization: `Bearer ${token}`, 'Pharos-Min-Position': position },
    signal: AbortSignal.timeout(60_000),
  })
  t.is(seen.status, 200)
  await served.kill('SIGTERM') // Draining sends what the exporter still holds.

  const spans = served.lines.join('\n').split(/^\{$/m)
  const named = (name: string): boolean =>
    spans.some((span) => span.includes(`name: '${name}'`) && span.includes(`traceId: '${TRACE}'`))
  t.true(named('command alias.register'), 'the request')
  t.true(named('append'), 'the append')
  t.true(named('project aliases'), 'the projection')
})
