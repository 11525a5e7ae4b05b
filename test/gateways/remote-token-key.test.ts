import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { remoteTokenKey } from '../../gateways/authentication/remote-token-key.ts'
import { verifyToken } from '../../gateways/authentication/verify-token.ts'
import { eventually } from '../support/eventually.ts'

const COOL_DOWN_MS = 400
const rules = { issuer: 'pharos', audience: 'pharos', now: Date.now }

/** An identity provider on a real socket, whose keys can be changed and which can be away. */
async function provider(t: ExecutionContext, kid: string) {
  const keys = new Map<string, Awaited<ReturnType<typeof generateKeyPair>>>()
  const served: { keys: JWK[]; asked: number; isAway: boolean } = { keys: [], asked: 0, isAway: false }
  const server = createServer((_, response) => {
    served.asked++
    if (served.isAway) response.writeHead(502).end('bad gateway')
    else response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: served.keys }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close().closeAllConnections())
  const make = async (name: string): Promise<void> => {
    keys.set(name, await generateKeyPair('ES256', { extractable: true }))
  }
  const publish = async (...names: string[]): Promise<void> => {
    served.keys = await Promise.all(
      names.map(async (name) => ({ ...(await exportJWK(keys.get(name)!.publicKey)), kid: name, use: 'sig' })),
    )
  }
  await make(kid)
  await publish(kid)
  const { port } = server.address() as AddressInfo
  const url = new URL(`http://127.0.0.1:${port}/jwks`)
  const tokenKey = remoteTokenKey(url, { coolDownMs: COOL_DOWN_MS, maxAgeMs: COOL_DOWN_MS * 2, timeoutMs: 60_000 })
  return {
    served,
    make,
    publish,
    /** What becomes of a fresh token that is signed with this key. */
    async status(name: string, as = name): Promise<string> {
      const token = await new SignJWT({ roles: ['viewer'] })
        .setProtectedHeader({ alg: 'ES256', kid: as })
        .setSubject('ada')
        .setIssuer('pharos')
        .setAudience('pharos')
        .setExpirationTime('1h')
        .sign(keys.get(name)!.privateKey)
      return (await verifyToken(token, tokenKey, rules)).status
    },
  }
}

test('a rotated key is found by its id, and unknown ids ask the provider once per cool-down', async (t) => {
  const { served, make, publish, status } = await provider(t, 'k1')
  t.is(await status('k1'), 'ok')
  t.is(served.asked, 1)
  await make('k2')
  await publish('k1', 'k2')
  await eventually(async () => (await status('k2')) === 'ok')
  t.is(served.asked, 2, 'asked again when the cool-down was over, not before')
  t.is(await status('k1'), 'ok')
  t.is(await status('k1', 'k2'), 'unauthorized', 'the id names the key, the signature decides')

  const before = { asked: served.asked, at: performance.now() }
  await make('stranger')
  const flood = await Promise.all(Array.from({ length: 100 }, () => status('stranger')))
  t.deepEqual(new Set(flood), new Set(['unauthorized']))
  t.true(served.asked - before.asked <= 1 + (performance.now() - before.at) / COOL_DOWN_MS)
})

test('a withdrawn key is trusted no longer than the keys may be old', async (t) => {
  const { make, publish, status } = await provider(t, 'k1')
  t.is(await status('k1'), 'ok')
  await make('k2')
  await publish('k2')
  await eventually(async () => (await status('k1')) === 'unauthorized')
  t.is(await status('k2'), 'ok')
})

test('while the provider is away the last keys count; unknown ones are neither good nor bad, and nobody storms it', async (t) => {
  const { served, make, publish, status } = await provider(t, 'k1')
  t.is(await status('k1'), 'ok')
  served.isAway = true
  await make('k2')
  // Seen to be away: by then the keys are older than they may be.
  await eventually(async () => (t.is(await status('k1'), 'ok'), served.asked >= 2))
  const before = { asked: served.asked, at: performance.now() }
  for (let round = 0; round < 50; round++) {
    t.is(await status('k1'), 'ok')
    t.is(await status('k2'), 'unavailable')
  }
  t.is(await status('k2', 'k1'), 'unauthorized', 'no forgery passes meanwhile')
  t.true(served.asked - before.asked <= 1 + (performance.now() - before.at) / COOL_DOWN_MS)

  served.isAway = false
  await publish('k2')
  await eventually(async () => (await status('k2')) === 'ok')
  t.is(await status('k1'), 'unauthorized', 'withdrawn during the outage')
})

test('a provider that was never there is an outage, not a verdict', async (t) => {
  const { served, status } = await provider(t, 'k1')
  served.isAway = true
  t.is(await status('k1'), 'unavailable')
  served.isAway = false
  await eventually(async () => (await status('k1')) === 'ok')
})
