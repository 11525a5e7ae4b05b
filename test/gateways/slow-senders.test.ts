import { connect, type AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { ulid } from 'ulid'
import { createHttpServer } from '../../gateways/http/create-http-server.ts'
import { gatewayFixture } from './gateway-fixture.ts'

const REQUEST_TIMEOUT_MS = 500
/** When the server looks next, and what a busy machine adds. */
const CUT_MS = 60_000
const DRIP_MS = 40

for (const [what, start, drop] of [
  ['headers', () => 'GET /healthz HTTP/1.1\r\nHost: pharos\r\nX-Slow: ', 'a'],
  ['a body', postCommand, ' '],
  ['nothing at all', () => '', ''],
] as const)
  test(`a sender of ${what}, byte by byte, is cut off, and others are served meanwhile`, async (t) => {
    t.timeout(300_000)
    const { port, token } = await serve(t)
    const dripping = drip(port, start(token), drop)
    for (let others = 0; others < 5; others++) t.is((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200)
    const { answer, ms } = await dripping
    t.true(ms < CUT_MS, `cut off after ${Math.round(ms)} ms`)
    t.regex(answer, /^HTTP\/1.1 408 /)
  })

test('a request that comes slowly but in time is answered', async (t) => {
  // Longer than a busy machine holds up what came in time.
  const { port } = await serve(t, 60_000)
  const { answer } = await drip(port, 'GET /healthz HTTP/1.1\r\nHost: pharos\r\nConnection: close', '\r\n\r\n')
  t.regex(answer, /^HTTP\/1.1 200 /)
})

/** Everything but the body, which is announced and wanted. */
function postCommand(token: string): string {
  const headers = [
    'Host: pharos',
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    'Content-Length: 100000',
  ]
  return ['POST /api/commands/alias.register HTTP/1.1', ...headers, '', ''].join('\r\n')
}

async function serve(
  t: ExecutionContext,
  requestTimeoutMs = REQUEST_TIMEOUT_MS,
): Promise<{ readonly port: number; readonly token: string }> {
  const fixture = gatewayFixture()
  const app = await createHttpServer({
    ...fixture,
    readiness: async () => ({ ready: true, checks: {}, degraded: [] }),
    newId: () => ulid(),
    version: '1.2.3',
    limits: {
      requestsPerMinute: 1000,
      requestTimeoutMs,
      streamsPerCredential: 1,
      streams: 1,
      beatMs: 1000,
    },
    openDocs: false,
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => app.close())
  return { port: (app.server.address() as AddressInfo).port, token: await fixture.token(['admin']) }
}

/** Sends `start`, then `drop` again and again until the server closes; answers what it said by then. */
function drip(port: number, start: string, drop: string): Promise<{ readonly answer: string; readonly ms: number }> {
  const began = performance.now()
  const { promise, resolve } = Promise.withResolvers<{ answer: string; ms: number }>()
  let dripping: NodeJS.Timeout | undefined
  const socket = connect(port, '127.0.0.1', () => {
    socket.write(start)
    dripping = setInterval(() => {
      if (drop !== '' && socket.writable) socket.write(drop)
    }, DRIP_MS)
  })
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
  socket.on('error', () => undefined)
  socket.on('close', () => {
    clearInterval(dripping)
    resolve({ answer, ms: performance.now() - began })
  })
  return promise
}
