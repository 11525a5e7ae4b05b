import { connect } from '@nats-io/transport-node'
import test from 'ava'
import { slotSubject } from '../../domain/alias/slot.ts'
import { issueToken } from '../../gateways/authentication/issue-token.ts'
import { secretKeyBytes } from '../../gateways/authentication/secret-key.ts'
import { JetStreamEventStore } from '../../infra/jetstream/jetstream-event-store.ts'
import { natsConnectOptions } from '../../infra/nats/nats-connect-options.ts'
import { startProcess, testDatabase, testNats } from '../support/infrastructure.ts'

const SECRET_KEY = 'a secret of this test only, 32 bytes and more'
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const UNSAMPLED = '1bf7651916cd43dd8448eb211c80319d'

test('one trace leads from the request through the append to the projection; one that is not sampled is only named', async (t) => {
  t.timeout(300_000)
  const nats = await testNats(t)
  const served = await startProcess({
    file: new URL('../../gateways/cli/main.ts', import.meta.url),
    args: ['serve'],
    env: {
      NATS_URL: nats.url,
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
  const register = (name: string, commandId: string, traceparent: string): Promise<Response> =>
    fetch(`${ready.api}/api/commands/alias.register`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}`, traceparent },
      body: JSON.stringify({
        commandId,
        data: {
          scope: { kind: 'global' },
          name,
          target: { kind: 'channel', channelId: '3f0c2d7e-6d1b-4f0e-9a53-0d6f7a1b2c3d' },
        },
      }),
      signal: AbortSignal.timeout(60_000),
    })
  const unsampled = await register('Backup_Clock', '01K9Z0000000000000000000A2', `00-${UNSAMPLED}-b7ad6b7169203331-00`)
  t.is(unsampled.status, 200)
  const response = await register('Master_Clock', '01K9Z0000000000000000000A1', `00-${TRACE}-b7ad6b7169203331-01`)
  t.is(response.status, 200)
  const position = response.headers.get('pharos-position') ?? ''
  const seen = await fetch(`${ready.api}/api/aliases/resolve/global/Master_Clock`, {
    headers: { Authorization: `Bearer ${token}`, 'Pharos-Min-Position': position },
    signal: AbortSignal.timeout(60_000),
  })
  t.is(seen.status, 200)
  const connection = await connect(natsConnectOptions(nats.url))
  const store = await JetStreamEventStore.open(connection)
  const carried: (string | undefined)[] = []
  for (const name of ['Backup_Clock', 'Master_Clock'])
    for (const { envelope } of await store.readAggregate(slotSubject({ kind: 'global' }, name)))
      carried.push(envelope.traceparent)
  await connection.close()
  t.regex(carried[0] ?? '', new RegExp(`^00-${UNSAMPLED}-[0-9a-f]{16}-00$`), 'its event names the trace')
  t.regex(carried[1] ?? '', new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`))
  await served.kill('SIGTERM') // Draining sends what the exporter still holds.

  const spans = served.lines.join('\n').split(/^\{$/m)
  const named = (name: string): boolean =>
    spans.some((span) => span.includes(`name: '${name}'`) && span.includes(`traceId: '${TRACE}'`))
  t.true(named('command alias.register'), 'the request')
  t.true(named('append'), 'the append')
  t.true(named('project aliases'), 'the projection')
  t.false(served.lines.join('\n').includes(UNSAMPLED), 'no span of a trace that is not sampled')
})
