import { readFile } from 'node:fs/promises'
import { get } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import pg from 'pg'
import { ulid } from 'ulid'
import { issueToken } from '../../gateways/authentication/issue-token.ts'
import { secretKeyBytes } from '../../gateways/authentication/secret-key.ts'
import { startProcess } from '../support/infrastructure.ts'
import { throwAwayCa } from '../support/throw-away-ca.ts'
import { securedNats, securedPostgres } from './secured-servers.ts'

const MAIN = fileURLToPath(new URL('../../gateways/cli/main.ts', import.meta.url))
const SECRET_KEY = 'a secret of this test only, 32 bytes and more'

test('every connection over TLS: NATS with certificates and credentials, Postgres verified, the API with ours', async (t) => {
  t.timeout(300_000)
  const authority = await throwAwayCa()
  const client = await authority.issue('client')
  const [nats, postgres, api] = await Promise.all([
    securedNats(authority, client),
    securedPostgres(authority),
    authority.issue('api'),
  ])
  const databaseUrl = (ca: string): string => `${postgres}?sslmode=verify-full&sslrootcert=${encodeURIComponent(ca)}`
  const env = {
    NATS_URL: nats.url,
    NATS_CA: authority.ca,
    NATS_CERT: client.cert,
    NATS_KEY: client.key,
    NATS_CREDS: nats.creds,
    DATABASE_URL: databaseUrl(authority.ca),
    API_HOST: '127.0.0.1',
    API_PORT: '0',
    API_TLS_CERT: api.cert,
    API_TLS_KEY: api.key,
    SECRET_KEY,
    MASTER_KEY: SECRET_KEY,
  }
  const served = await startProcess({ file: MAIN, args: ['serve'], env })
  const ready: { api: string } = JSON.parse(await served.line(/"msg":"ready"/))
  t.regex(ready.api, /^https:/)

  const ca = await readFile(authority.ca, 'utf8')
  const metrics = await ask(`${ready.api}/metrics`, ca)
  t.is(metrics.status, 200)
  t.regex(metrics.body, /^pharos_server_up\{server="nats"\} 1$/m)
  t.regex(metrics.body, /^pharos_server_up\{server="postgres"\} 1$/m)
  t.is(metrics.authorized, true)
  await t.throwsAsync(ask(`${ready.api}/healthz`), { message: /certificate/ }, 'nobody else signed it')
  await t.throwsAsync(fetch(`${ready.api.replace('https', 'http')}/healthz`), undefined, 'no plain HTTP beside it')

  const sessions = new pg.Client({ connectionString: databaseUrl(authority.ca) })
  await sessions.connect()
  const { rows } = await sessions.query<{ ssl: boolean }>(
    `select ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name like 'pharos%'`,
  )
  await sessions.end()
  t.true(rows.length >= 2 && rows.every(({ ssl }) => ssl))

  // The command line reaches the same servers by the same settings.
  const cli = await startProcess({ file: MAIN, args: ['migrate', '--json'], env })
  t.is((await cli.ended).code, 0, cli.lines.join('\n'))
  const name = `Tls_${ulid()}`
  const registered = await startProcess({
    file: MAIN,
    args: ['alias', 'register', name, 'https://example.com/', '--json'],
    env,
  })
  t.is((await registered.ended).code, 0, registered.lines.join('\n'))

  for (const [without, said] of [
    [{ NATS_CREDS: '' }, /authorization/i],
    [{ NATS_CERT: '', NATS_KEY: '' }, /no connection to NATS at 127\.0\.0\.1:\d+ over TLS/],
    [{ NATS_CA: (await throwAwayCa()).ca }, /certificate|signature/i],
    [{ DATABASE_URL: databaseUrl((await throwAwayCa()).ca) }, /certificate|signature/i],
    [{ API_TLS_KEY: '' }, /API_TLS_CERT: must be set together with API_TLS_KEY/],
    [{ NATS_CA: '/nowhere.pem' }, /NATS_CA: must name a file that can be read/],
    [{ API_TLS_KEY: client.key }, /key/i],
  ] as const) {
    const refused = await startProcess({ file: MAIN, args: ['serve'], env: { ...env, ...without } })
    t.is((await refused.ended).code, 1, Object.keys(without).join())
    t.regex(refused.lines.join('\n'), said, Object.keys(without).join())
  }
})

async function ask(
  url: string,
  ca?: string,
): Promise<{ status: number | undefined; body: string; authorized: boolean }> {
  const token = await issueToken(secretKeyBytes(SECRET_KEY), {
    sub: 'ann',
    roles: ['viewer'],
    ttlSeconds: 60,
    issuer: 'pharos',
    audience: 'pharos',
    at: Date.now(),
  })
  const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<typeof ask>>>()
  const options = { headers: { authorization: `Bearer ${token}` }, ...(ca === undefined ? {} : { ca }) }
  get(url, options, (response) => {
    const { authorized } = response.socket as TLSSocket
    let body = ''
    response.setEncoding('utf8').on('data', (text: string) => (body += text))
    response.on('end', () => resolve({ status: response.statusCode, body, authorized }))
  }).on('error', reject)
  return promise
}
