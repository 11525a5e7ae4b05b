import test from 'ava'
import { createLocalJWKSet, exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { apiKeySubject } from '../../commands/access/api-keys.ts'
import { EventStoreUnavailable } from '../../commands/event-store.ts'
import { ApiKeySecrets } from '../../gateways/authentication/api-key-secrets.ts'
import type { Authentication } from '../../gateways/authentication/authentication.ts'
import { Authenticator } from '../../gateways/authentication/authenticator.ts'
import { issueToken } from '../../gateways/authentication/issue-token.ts'
import { secretKeyBytes } from '../../gateways/authentication/secret-key.ts'
import { publicTokenKey, secretTokenKey, type TokenKey } from '../../gateways/authentication/token-key.ts'
import { apiKeyId } from '../../schemas/access.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { AccessEvent } from '../../schemas/events/access.ts'
import { actorId, commandId, eventId } from '../../schemas/ids.ts'

const START = Date.parse('2026-03-01T12:00:00Z')
const SECONDS = START / 1000
const SECRET = secretKeyBytes('the secret of these tests: 32 bytes or more')
const ULID = '01KHZZZZZZZZZZZZZZZZZZZZZZ'
const secrets = new ApiKeySecrets(SECRET)

function fixture(tokenKey: TokenKey = secretTokenKey(SECRET)) {
  const clock = { at: START }
  const log: { events: RecordedEvent[]; reads: number; away: boolean } = { events: [], reads: 0, away: false }
  const authenticator = new Authenticator({
    tokenKey,
    issuer: 'pharos',
    audience: 'pharos',
    secrets,
    now: () => clock.at,
    async readAggregate(subject) {
      log.reads++
      if (log.away) throw new EventStoreUnavailable('away')
      return log.events.filter((event) => event.subject === subject)
    },
  })
  return {
    clock,
    log,
    authenticator,
    bearer: (token: string) => authenticator.authenticate(`Bearer ${token}`, undefined),
  }
}

const good = { iss: 'pharos', aud: 'pharos', sub: 'ada', roles: ['operator'], exp: SECONDS + 60 }
const sign = (claims: JWTPayload, key: Uint8Array = SECRET, alg = 'HS256') =>
  new SignJWT(claims).setProtectedHeader({ alg }).sign(key)

function recorded(event: AccessEvent, sequence: number): RecordedEvent {
  return {
    sequence,
    subject: apiKeySubject(event.data.apiKeyId),
    envelope: {
      specversion: '1.0',
      id: eventId.parse(ULID),
      source: 'test',
      type: `pharos.${event.type}.v1`,
      subject: apiKeySubject(event.data.apiKeyId),
      time: '2026-03-01T12:00:00.000Z',
      datacontenttype: 'application/json',
      data: event.data,
      actor: actorId.parse('ada'),
      commandid: commandId.parse(ULID),
      commanddigest: '0'.repeat(64),
      commandindex: 0,
      commandcount: 1,
      correlationid: ULID,
      causationid: ULID,
    },
  }
}

test('a good token says who acts', async (t) => {
  const { bearer } = fixture()
  const scopes = [{ kind: 'site', site: 'KSEA' }] as const
  const token = await issueToken(SECRET, {
    sub: 'ada',
    roles: ['operator'],
    scopes,
    ttlSeconds: 60,
    issuer: 'pharos',
    audience: 'pharos',
    at: START,
  })
  const outcome = await bearer(token)
  const expected: Authentication = {
    status: 'ok',
    actor: { id: actorId.parse('ada'), roles: ['operator'], scopes: [...scopes] },
  }
  t.deepEqual(outcome, expected)
})

const forged: Record<string, () => Promise<string>> = {
  'no algorithm': async () => new UnsecuredJWT(good).encode(),
  'a signature taken off': async () => `${(await sign(good)).split('.').slice(0, 2).join('.')}.`,
  'another key': () => sign(good, secretKeyBytes('another secret, also 32 bytes or more')),
  'another HMAC': () => sign(good, secretKeyBytes('x'.repeat(64)), 'HS512'),
  'the right key under another algorithm': () =>
    sign(good, secretKeyBytes('the secret of these tests: 32 bytes or more'.padEnd(64, '.')), 'HS384'),
  'a payload changed after signing': async () => {
    const [head, , signature] = (await sign(good)).split('.')
    return `${head}.${Buffer.from(JSON.stringify({ ...good, roles: ['admin'] })).toString('base64url')}.${signature}`
  },
  'an expiry in the past': () => sign({ ...good, exp: SECONDS - 1 }),
  'an expiry right now': () => sign({ ...good, exp: SECONDS }),
  'no expiry': () => sign({ iss: 'pharos', aud: 'pharos', sub: 'ada', roles: ['admin'] }),
  'a time not yet come': () => sign({ ...good, nbf: SECONDS + 10 }),
  'another audience': () => sign({ ...good, aud: 'others' }),
  'another issuer': () => sign({ ...good, iss: 'others' }),
  'an unknown role': () => sign({ ...good, roles: ['operator', 'root'] }),
  'no role': () => sign({ ...good, roles: [] }),
  'a scope that is none': () => sign({ ...good, scopes: [{ kind: 'planet' }] }),
  'no subject': () => sign({ iss: 'pharos', aud: 'pharos', roles: ['admin'], exp: SECONDS + 60 }),
  'the name of an API key': () => sign({ ...good, sub: 'api-key:ci' }),
  'no token at all': async () => 'x',
  'a token too long': async () => 'x'.repeat(10_000),
}

for (const [title, token] of Object.entries(forged))
  test(`refused: ${title}`, async (t) => {
    const { bearer } = fixture()
    t.is((await bearer(await token())).status, 'unauthorized')
  })

test('a remembered token ends to the second, and failures are not remembered', async (t) => {
  const { bearer, clock, authenticator } = fixture()
  const token = await sign(good)
  t.is(authenticator.remembered(`Bearer ${token}`, undefined), undefined)
  t.is((await bearer(token)).status, 'ok')
  clock.at = START + 59_999
  t.is(authenticator.remembered(`Bearer ${token}`, undefined)?.id, actorId.parse('ada'))
  clock.at = START + 60_000
  t.is(authenticator.remembered(`Bearer ${token}`, undefined), undefined)
  t.deepEqual(await bearer(token), { status: 'unauthorized', message: 'the token has expired' })

  const early = await sign({ ...good, nbf: SECONDS + 120, exp: SECONDS + 300 })
  t.is((await bearer(early)).status, 'unauthorized')
  clock.at = START + 120_000
  t.is((await bearer(early)).status, 'ok')
})

test('with public keys, a public key is no HMAC secret, and our own secret is none either', async (t) => {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', use: 'sig' }
  const { bearer } = fixture(publicTokenKey(createLocalJWKSet({ keys: [jwk] })))
  const signed = await new SignJWT(good).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(privateKey)
  t.is((await bearer(signed)).status, 'ok')
  const confused = new SignJWT(good).setProtectedHeader({ alg: 'HS256', kid: 'k1' })
  t.is(
    (await bearer(await confused.sign(new TextEncoder().encode(await exportSPKI(publicKey))))).status,
    'unauthorized',
  )
  t.is((await bearer(await sign(good))).status, 'unauthorized')
  t.is(
    (await bearer(await new SignJWT(good).setProtectedHeader({ alg: 'RS256', kid: 'k2' }).sign(privateKey))).status,
    'unauthorized',
  )
})

test('key sets that cannot be reached make no verdict', async (t) => {
  const { bearer } = fixture(publicTokenKey(() => Promise.reject(new TypeError('fetch failed'))))
  t.is((await bearer(await sign(good, SECRET, 'HS256'))).status, 'unauthorized', 'the algorithm alone decides')
  const { privateKey } = await generateKeyPair('ES256')
  t.is(
    (await bearer(await new SignJWT(good).setProtectedHeader({ alg: 'ES256' }).sign(privateKey))).status,
    'unavailable',
  )
})

const id = apiKeyId.parse('ci')
const { text: key, digest } = secrets.mint(id)
const issued: AccessEvent = {
  type: 'api-key.issued',
  data: { apiKeyId: id, label: 'ci', digest, roles: ['service'], expiresAt: '2026-03-01T12:01:00.000Z' },
}

test('an API key works as a header of its own and as a bearer, and is not read again within 5 s', async (t) => {
  const { authenticator, bearer, clock, log } = fixture()
  log.events.push(recorded(issued, 1))
  const outcomes = await Promise.all([1, 2, 3].map(() => authenticator.authenticate(undefined, key)))
  t.true(outcomes.every((outcome) => outcome.status === 'ok' && outcome.actor.id === 'api-key:ci'))
  t.is((await bearer(key)).status, 'ok')
  t.is(log.reads, 2, 'once for each header')
  clock.at += 4999
  t.is((await bearer(key)).status, 'ok')
  t.is(log.reads, 2)
})

test('a revoked API key ends within 5 s, an expired one at once', async (t) => {
  const { bearer, clock, log } = fixture()
  log.events.push(recorded(issued, 1))
  t.is((await bearer(key)).status, 'ok')
  log.events.push(recorded({ type: 'api-key.revoked', data: { apiKeyId: id } }, 2))
  clock.at += 5000
  t.is((await bearer(key)).status, 'unauthorized')

  const other = fixture()
  other.log.events.push(recorded(issued, 1))
  other.clock.at += 59_000
  t.is((await other.bearer(key)).status, 'ok')
  other.clock.at += 1000
  t.is((await other.bearer(key)).status, 'unauthorized')
})

test('an API key with another secret, an unknown id, or a broken form is refused', async (t) => {
  const { bearer, authenticator, log } = fixture()
  log.events.push(recorded(issued, 1))
  t.is((await bearer(secrets.mint(id).text)).status, 'unauthorized')
  t.is((await bearer(key.replace('phk_ci_', 'phk_cd_'))).status, 'unauthorized')
  const reads = log.reads
  for (const broken of ['phk_ci_', `${key}x`, key.slice(0, -1), 'phk_', 'phk_*_x'.padEnd(50, 'x')])
    t.is((await bearer(broken)).status, 'unauthorized')
  t.is((await authenticator.authenticate(undefined, 'x')).status, 'unauthorized')
  t.is(log.reads, reads, 'what is no key is not looked up')
  const others = new ApiKeySecrets(secretKeyBytes('the secret of another installation, 32 bytes'))
  t.false(others.matches(key.slice(-43), digest))
})

test('with the log away an API key is neither good nor bad', async (t) => {
  const { bearer, log } = fixture()
  log.away = true
  t.is((await bearer(key)).status, 'unavailable')
})

test('one credential, and only one', async (t) => {
  const { authenticator, log } = fixture()
  log.events.push(recorded(issued, 1))
  t.is((await authenticator.authenticate(undefined, undefined)).status, 'unauthorized')
  t.is((await authenticator.authenticate(`Bearer ${key}`, key)).status, 'unauthorized')
  t.is((await authenticator.authenticate('Basic YTpi', undefined)).status, 'unauthorized')
})

test('a short secret is refused by name', (t) => {
  t.throws(() => secretKeyBytes('short'), { instanceOf: RangeError, message: /SECRET_KEY has 5 bytes/ })
})
