import test from 'ava'
import { readFileSync } from 'node:fs'
import { environment, FILES } from '../../schemas/config.ts'
import { ConfigError, readConfig } from '../../schemas/read-config.ts'

const SECRET_KEY = 'x'.repeat(32)
const noFile = (): string => {
  throw new Error('ENOENT')
}
const read = (env: Record<string, string>) => readConfig(env, noFile)

test('nothing set: embedded servers and defaults', (t) => {
  const config = read({})
  t.like(config, {
    API_PORT: 8000,
    TOKEN_EXPIRATION: 3600,
    LOG_LEVEL: 'info',
    PROMETHEUS_ENABLED: true,
    PHAROS_DATA_DIR: '.pharos',
  })
  t.deepEqual(config.PHAROS_ROLES, ['http', 'commands', 'projections', 'telemetry', 'devices'])
  t.is(config.SECRET_KEY, undefined)
})

test('an empty variable is one that is not set', (t) => {
  t.deepEqual(read({ DATABASE_URL: '', API_PORT: '', JWKS_URL: '' }), read({}))
})

test('everything is read', (t) => {
  const config = read({
    SECRET_KEY,
    DATABASE_URL: 'postgresql://u:p@db/pharos',
    NATS_URL: 'nats://a:4222, tls://b:4222',
    PHAROS_ROLES: 'commands,projections',
    LOG_LEVEL: 'DEBUG',
    PROMETHEUS_ENABLED: 'false',
    API_PORT: '0',
    JWKS_URL: 'https://id.example.com/jwks',
  })
  t.deepEqual(config.NATS_URL, ['nats://a:4222', 'tls://b:4222'])
  t.deepEqual(config.PHAROS_ROLES, ['commands', 'projections'])
  t.like(config, { LOG_LEVEL: 'debug', PROMETHEUS_ENABLED: false, API_PORT: 0 })
})

for (const [name, value, right] of [
  ['DATABASE_URL', 'mysql://x', 'postgres'],
  ['NATS_URL', 'localhost', 'nats://'],
  ['API_PORT', '70000', '65535'],
  ['API_PORT', '80.5', 'whole number'],
  ['SECRET_KEY', 'tiny-s3cret', '32 bytes'],
  ['JWKS_URL', 'http://id.example.com/jwks', 'https'],
  ['TOKEN_EXPIRATION', '0', 'from 1'],
  ['LOG_LEVEL', 'loud', 'fatal'],
  ['PROMETHEUS_ENABLED', 'yes', 'true or false'],
  ['PHAROS_ROLES', 'http,root', 'projections'],
  ['RATE_LIMIT', '-1', 'whole number'],
  ['TELEMETRY_UNKNOWN_CHANNEL', 'ignore', 'reject or register'],
  ['TELEMETRY_MAX_BYTES', '100', 'whole number'],
  ['ALIAS_LOOKALIKES', 'maybe', 'refuse or allow'],
] as const)
  test(`${name}=${value} is refused by name, without its value`, (t) => {
    const error = t.throws(() => read({ [name]: value }), { instanceOf: ConfigError })
    t.true(error?.message.includes(`${name}: `))
    t.true(error?.message.includes(right))
    if (name === 'SECRET_KEY') t.false(error?.message.includes(value))
  })

test('all faults are told at once', (t) => {
  const error = t.throws(() => read({ API_PORT: 'x', LOG_LEVEL: 'x' }), { instanceOf: ConfigError })
  t.regex(error?.message ?? '', /API_PORT[^]*LOG_LEVEL/)
})

test('servers of your own need a secret of your own', (t) => {
  t.throws(() => read({ NATS_URL: 'nats://a:4222' }), { message: /SECRET_KEY: must be set/ })
})

test('secrets come from files, and from one place only', (t) => {
  const files = (path: string) => (path === '/run/secrets/key' ? `${SECRET_KEY}\n` : noFile())
  t.is(readConfig({ SECRET_KEY_FILE: '/run/secrets/key' }, files).SECRET_KEY, SECRET_KEY)
  t.throws(() => readConfig({ SECRET_KEY_FILE: '/run/secrets/key', SECRET_KEY }, files), {
    message: /SECRET_KEY_FILE: must not be set beside/,
  })
  t.throws(() => readConfig({ DATABASE_URL_FILE: '/nowhere' }, files), {
    message: /DATABASE_URL_FILE: must name a file/,
  })
})

test('the operations manual explains every variable', (t) => {
  const manual = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const explained = [...manual.matchAll(/^\| (`[A-Z_, `]+`) \|/gm)].flatMap(
    ([, names = '']) => names.match(/[A-Z_]+/g) ?? [],
  )
  t.deepEqual(explained.toSorted(), Object.keys(environment.shape).toSorted())
})

test('a certificate needs its key, a key its certificate, and every file can be read', (t) => {
  const files = (path: string) => (path.startsWith('/etc/') ? 'PEM' : noFile())
  const pair = { API_TLS_CERT: '/etc/cert.pem', API_TLS_KEY: '/etc/key.pem' }
  t.like(readConfig({ ...pair, NATS_CA: '/etc/ca.pem', NATS_CREDS: '/etc/user.creds' }, files), pair)
  t.throws(() => readConfig({ API_TLS_CERT: '/etc/cert.pem' }, files), {
    message: /API_TLS_CERT: must be set together with API_TLS_KEY/,
  })
  t.throws(() => readConfig({ NATS_KEY: '/etc/key.pem' }, files), { message: /must be set together with NATS_KEY/ })
  for (const name of FILES)
    t.throws(() => readConfig({ [name]: '/nowhere' }, files), {
      message: new RegExp(`${name}: must name a file that can be read`),
    })
})

test('.env.example names every variable, and is valid', (t) => {
  const lines = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8').split('\n')
  const set = Object.fromEntries(lines.flatMap((line) => (/^[A-Z]/.test(line) ? [line.split('=', 2)] : [])))
  t.deepEqual(Object.keys(set).toSorted(), Object.keys(environment.shape).toSorted())
  t.deepEqual(read(set), read({}))
})
