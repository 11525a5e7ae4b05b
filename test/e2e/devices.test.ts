import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node'
import test, { type ExecutionContext } from 'ava'
import { deviceIdentity, type SyncAnswer, syncAnswer } from '../../schemas/device-sync/messages.ts'
import { startEmbeddedNats } from '../../infra/embedded/embedded-nats.ts'
import { MASTER_KEY, SECRET_KEY, serveProcess } from '../crash/served-process.ts'
import { afterTests, eventually, testDatabase } from '../support/infrastructure.ts'
import { type PharosCommand, scratchCommand } from './pharos-command.ts'

const MAC = '48:b0:2d:00:00:07'

function commandLine(t: ExecutionContext, pharos: PharosCommand, env: () => NodeJS.ProcessEnv = () => ({})) {
  return async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await pharos.run(args, env())
    t.is(code, 0, `${args.join(' ')}: ${stderr}`)
    return stdout
  }
}

test('a device from the fleet to its manifest and out again, by the command line and a real platform', async (t) => {
  t.timeout(300_000)
  const pharos = await scratchCommand(t)
  const keysDir = join(pharos.dataDir, 'keys')
  const nats = await startEmbeddedNats({ dataDir: join(pharos.dataDir, 'nats'), keysDir, durable: false })
  afterTests(() => nats.stop())
  const { url: databaseUrl } = await testDatabase(t)
  let api = 'http://127.0.0.1:1'
  const run = commandLine(t, pharos, () => ({
    NATS_URL: nats.url,
    DATABASE_URL: databaseUrl,
    SECRET_KEY,
    MASTER_KEY,
    PHAROS_KEYS_DIR: keysDir,
    API_HOST: new URL(api).hostname,
    API_PORT: new URL(api).port,
  }))
  await run('keys', 'init', keysDir)
  const serve = async () => {
    const served = await serveProcess({
      natsUrl: nats.url,
      databaseUrl,
      roles: ['http', 'commands', 'projections', 'devices'],
      env: { PHAROS_KEYS_DIR: keysDir },
    })
    api = served.api
    return served
  }
  const first = await serve()
  await run('fleet', 'register', 'company', 'acme-test', '--name', 'Acme')
  await run('fleet', 'register', 'location', 'sea-test', '--company', 'acme-test', '--name', 'Seattle')
  await run('device', 'register', 'jetson-7', MAC)

  const out = join(pharos.dataDir, 'device')
  t.regex(await run('device', 'provision', MAC.toUpperCase().replaceAll(':', '-'), '--out', out), /jetson-7 .* until/)
  for (const file of ['identity.json', 'device.creds', 'api-key']) t.is((await stat(join(out, file))).mode & 0o077, 0)
  const identity = deviceIdentity.parse(JSON.parse(await readFile(join(out, 'identity.json'), 'utf8')))
  t.is(identity.mac, MAC)
  t.false(identity.natsUrl.includes('creds'), 'nothing of how the platform gets in')
  const creds = await readFile(join(out, 'device.creds'))
  const login = (): Promise<NatsConnection> =>
    connect({
      servers: new URL(identity.natsUrl).host,
      authenticator: credsAuthenticator(creds),
      inboxPrefix: '_INBOX_jetson-7',
      reconnect: false,
    })
  const device = await login()
  const sync = async (): Promise<SyncAnswer> =>
    syncAnswer.parse((await device.request('device.jetson-7.sync', '{"schemaVersion":1}', { timeout: 60_000 })).json())
  t.like(await sync(), { status: 'refused', code: 'not_assigned' })
  await run('device', 'assign', 'jetson-7', 'sea-test')
  const built = await eventually(
    async () => {
      const answer = await sync()
      return answer.status === 'manifest' ? answer : undefined
    },
    { timeoutMs: 60_000, intervalMs: 2_500 },
  )
  t.deepEqual(built.manifest.filters, { locationId: 'sea-test' })

  const { version } = JSON.parse(await run('device', 'rotate-signing-key', '--json')) as { version: number }
  t.is(version, 2)
  await run('device', 'note-signing-key')
  const noted = await eventually(
    async () => {
      const found = JSON.parse(await run('audit', 'log', '--action', 'signing-key.rotated', '--json')) as {
        entries: readonly { readonly actor: string; readonly status: string }[]
      }
      return found.entries.length > 0 ? found.entries : undefined
    },
    { timeoutMs: 60_000, intervalMs: 500 },
  )
  t.is(noted.length, 1, 'noted once, however often it is told')
  t.like(noted[0], { status: 'accepted' })
  const kid = (signature: string): string => Buffer.from(signature.split('.')[0] ?? '', 'base64url').toString()
  await eventually(
    async () => {
      const answer = await sync()
      return answer.status === 'manifest' && kid(answer.manifest.signature) !== kid(built.manifest.signature)
    },
    { timeoutMs: 60_000, intervalMs: 2_500 },
  )

  const apiKey = (await readFile(join(out, 'api-key'), 'utf8')).trim()
  const overHttp = await fetch(`${first.api}/api/device-sync/request`, {
    method: 'POST',
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({ mac: MAC }),
  })
  t.is(overHttp.status, 200)
  const document = (await overHttp.json()) as { payload: { devices: string[][] } }
  t.is(document.payload.devices[0]?.[0], 'jetson-7')

  await run('device', 'decommission', 'jetson-7')
  await eventually(() => device.isClosed(), { timeoutMs: 60_000 })
  await first.kill('SIGKILL')
  const second = await serve()
  await t.throwsAsync(login(), { message: /authorization/i })
  await second.kill('SIGTERM')
})

test('the keys of an installation are made once, for their owner only, and what goes to a server holds no secret', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'pharos-keys-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  const pharos = await scratchCommand(t)
  const run = commandLine(t, pharos)
  const { accounts } = JSON.parse(await run('keys', 'init', dir, '--json')) as { accounts: Record<string, string> }
  const read = async (name: string): Promise<string> => readFile(join(dir, name), 'utf8')
  const before = await Promise.all(['nats_authority', 'manifest_keys', 'nats_accounts'].map(read))
  t.deepEqual(JSON.parse(await run('keys', 'init', dir, '--json')), { directory: dir, accounts })
  t.deepEqual(await Promise.all(['nats_authority', 'manifest_keys', 'nats_accounts'].map(read)), before)
  for (const file of ['nats_authority', 'device_issuer', 'nats_creds', 'manifest_keys'])
    t.is((await stat(join(dir, file))).mode & 0o077, 0, file)
  const config = await read('nats_accounts')
  t.regex(config, /resolver: \{ type: full, dir: "\/data\/accounts"/)
  t.notRegex(config, /\bS[OAU][A-Z2-7]{54,}/, 'no seed')
  t.true(config.includes(accounts['app'] ?? 'none'))
})
