import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import { parse } from 'yaml'
import { z } from 'zod'
import { agentEnvironment } from '../../edge-agent/agent-config.ts'
import { readAgentConfig } from '../../edge-agent/read-agent-config.ts'
import { ConfigError } from '../../schemas/read-config.ts'

const run = promisify(execFile)
const ROOT = new URL('../../', import.meta.url)
const read = (path: string): Promise<string> => readFile(new URL(path, ROOT), 'utf8')
const SETTINGS = agentEnvironment.shape
const SECRET = /PASSWORD|TOKEN|DATABASE_URL|CREDS|IDENTITY|API_KEY/

const compose = z.looseObject({
  services: z.record(
    z.enum(['edge-agent', 'edge-postgres']),
    z.looseObject({
      read_only: z.literal(true),
      cap_drop: z.tuple([z.literal('ALL')]),
      security_opt: z.tuple([z.literal('no-new-privileges:true')]),
      pids_limit: z.number(),
      mem_limit: z.string(),
      restart: z.literal('unless-stopped'),
      environment: z.record(z.string(), z.string()),
      secrets: z.array(z.string()).min(1),
      ports: z.array(z.string()),
    }),
  ),
  secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
})

test("a device's stack: confined, known only to its machine, no secret with a value or a default", async (t) => {
  const { services, secrets } = compose.parse(parse(await read('edge-agent/docker-compose.yml'), { merge: true }))
  for (const { file } of Object.values(secrets)) t.regex(file, /^\$\{EDGE_SECRETS_DIR:-\.\/secrets\}\/\w+$/)
  for (const [name, { environment, secrets: wanted, ports }] of Object.entries(services)) {
    for (const secret of wanted) t.truthy(secrets[secret], `${name}: ${secret}`)
    for (const port of ports) t.regex(port, /^\$\{\w+:-127\.0\.0\.1:\d+\}:\d+$/)
    for (const [variable, value] of Object.entries(environment)) {
      // The key only where there is somebody to show it to: the agent takes one without the other for a mistake.
      const given = value.replace(/^\$\{CENTRAL_URL:\+(.+)\}$/, '$1')
      if (SECRET.test(variable)) {
        t.regex(given, /^\/run\/secrets\/\w+$/, `${name}: ${variable}`)
        t.true(wanted.includes(basename(given)), `${name} is given ${basename(given)}`)
      }
      if (name === 'edge-agent' && !variable.startsWith('OTEL_'))
        t.true(variable.replace(/_FILE$/, '') in SETTINGS, variable)
    }
  }
})

test("the agent's image: Node 24, not root, production dependencies, a check, and signals that arrive", async (t) => {
  const dockerfile = await read('edge-agent/Dockerfile')
  const [, final = ''] = dockerfile.split(/\nFROM base\n/)
  t.regex(dockerfile, /^FROM node:24-slim AS base$/m)
  t.regex(dockerfile, /npm ci --omit=dev --omit=optional/)
  t.regex(dockerfile, /-name '\*\.d\.ts' .*-delete/)
  t.regex(final, /^USER [1-9]\d+:[1-9]\d+$/m)
  t.regex(final, /^HEALTHCHECK /m)
  t.regex(final, /^ENTRYPOINT \["node", "dist\/edge-agent\/main.js"\]$/m)
  t.notRegex(final, /gateways|commands|projections/)
})

test('make-secrets.sh makes everything that the stack wants, each at random, and keeps what is there', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'pharos-edge-secrets-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  const provisioned = ['identity.json', 'device.creds', 'api-key']
  await Promise.all(provisioned.map((name) => writeFile(join(dir, name), name)))
  const make = () =>
    run(fileURLToPath(new URL('edge-agent/make-secrets.sh', ROOT)), [dir], {
      env: { ...process.env, EDGE_SECRETS_DIR: join(dir, 'secrets') },
    })
  await make()
  const { secrets } = compose.parse(parse(await read('edge-agent/docker-compose.yml'), { merge: true }))
  const contents = () => Promise.all(Object.keys(secrets).map((name) => readFile(join(dir, 'secrets', name), 'utf8')))
  const first = await contents()
  t.true(first.every((content) => content.length > 0))
  t.is((await stat(join(dir, 'secrets'))).mode & 0o777, 0o700)
  await make()
  t.deepEqual(await contents(), first)
  await rm(join(dir, 'api-key'))
  await t.throwsAsync(make(), { message: /api-key cannot be read/ })
})

test('the manual explains every setting of the agent', async (t) => {
  const manual = await read('docs/edge.md')
  const explained = [...manual.matchAll(/^\| (`[A-Z_, `]+`) \|/gm)].flatMap(
    ([, names = '']) => names.match(/[A-Z_]+/g) ?? [],
  )
  t.deepEqual(explained.toSorted(), Object.keys(SETTINGS).toSorted())
})

const IDENTITY = { deviceId: 'dev-1', mac: '48b02de9c3b7', natsUrl: 'tls://central:4222', rootKey: 'A'.repeat(43) }
const files: Record<string, string> = {
  '/identity': JSON.stringify(IDENTITY),
  '/url': 'postgres://edge/db\n',
  '/broken': '{}',
}
const readFileOf = (path: string): string => {
  const content = files[path]
  if (content === undefined) throw new Error('ENOENT')
  return content
}

test('settings: defaults, secrets from files', (t) => {
  const { config, identity } = readAgentConfig(
    { DATABASE_URL_FILE: '/url', DEVICE_IDENTITY: '/identity', NATS_CREDS: '' },
    readFileOf,
  )
  t.like(config, {
    DATABASE_URL: 'postgres://edge/db',
    SYNC_INTERVAL: 300,
    LOAD_TACTIC: 'auto',
    API_PORT: 8100,
    API_HOST: '127.0.0.1',
  })
  t.is(identity.deviceId, IDENTITY.deviceId as typeof identity.deviceId)
})

for (const [set, said] of [
  [{ DATABASE_URL: 'mysql://x' }, /DATABASE_URL: must be a postgres/],
  [{ DEVICE_IDENTITY: '/nowhere' }, /DEVICE_IDENTITY: must name a file/],
  [{ DEVICE_IDENTITY: '/broken' }, /DEVICE_IDENTITY: must name the identity file/],
  [{ API_HOST: '0.0.0.0' }, /API_TOKEN: must be set where API_HOST is not loopback/],
  [{ API_TOKEN: 'short' }, /API_TOKEN: must be at least 32/],
  [{ LOAD_TACTIC: 'magic' }, /LOAD_TACTIC: must be auto, shadow, diff, truncate/],
  [{ SYNC_INTERVAL: '0' }, /SYNC_INTERVAL: must be a whole number from 1/],
  [{ NATS_CREDS: '/nowhere' }, /NATS_CREDS: must name a file/],
] as const)
  test(`settings: ${JSON.stringify(set)} is refused by name`, (t) => {
    const right = { DATABASE_URL: 'postgres://edge/db', DEVICE_IDENTITY: '/identity' }
    t.throws(() => readAgentConfig({ ...right, ...set }, readFileOf), { instanceOf: ConfigError, message: said })
  })
