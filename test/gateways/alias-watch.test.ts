import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { sseEvents } from '../../gateways/cli/sse-events.ts'
import { gathered } from '../support/gathered.ts'
import { afterTests, startProcess } from '../support/infrastructure.ts'

const MAIN = fileURLToPath(new URL('../../gateways/cli/main.ts', import.meta.url))
const EPOCH = '01KHZZZZZZZZZZZZZZZZZZZZZZ'

const event = (sequence: number, name: string): string =>
  `id: ${EPOCH}-${sequence}\nevent: alias.removed\ndata: ${JSON.stringify({
    sequence,
    type: 'alias.removed',
    time: '2026-01-01T00:00:00.000Z',
    actor: 'ines',
    data: { aliasId: '01JZ0000000000000000000001', scope: { kind: 'node', site: 'A', node: 'b/c' }, name },
  })}\n\n`

test('a watch that is cut off goes on where it was, and ends with where to go on', async (t) => {
  const asked: (string | null)[] = []
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://x').searchParams
    asked.push(query.get('after'))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    if (asked.length === 1) response.end(`id: ${EPOCH}-7\n\n${event(8, 'Pump')}${event(9, 'Gate').slice(0, 40)}`)
    else response.write(`${event(9, 'Gate')}: beat\nid: ${EPOCH}-12\n\n`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTests(async () => server.closeAllConnections())
  const { port } = server.address() as AddressInfo
  const env = { API_HOST: '127.0.0.1', API_PORT: String(port), PHAROS_TOKEN: 'any', PHAROS_DATA_DIR: '/nowhere' }
  const watch = await startProcess({
    file: MAIN,
    args: ['alias', 'watch', '--scope', 'site:A'],
    env,
    timeoutMs: 60_000,
  })
  t.regex(await watch.line(/Gate/, 60_000), /^2026-01-01T00:00:00\.000Z {2}node:A\/b%2Fc +Gate +removed {2}by ines$/)
  await watch.kill('SIGINT')
  t.deepEqual(await watch.ended, { code: 0, signal: null })
  t.deepEqual(asked, [null, `${EPOCH}-8`])
  t.is(watch.lines.filter((line) => /Pump|Gate/.test(line)).length, 2)
  t.is(watch.lines.at(-1), `ended; go on with --after ${EPOCH}-12`)
  server.close()
})

test('events are read whole, however the bytes come', async (t) => {
  const bytes = Buffer.from(`: hello\nid: 1\n\nevent: a\nid: 2\ndata: {"name":"Öl 🚀"}\n\nid: 3\n\nid: 4\ndata: cut`)
  for (const size of [1, 3, 1000]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    )
    async function* body() {
      yield* chunks
    }
    t.deepEqual(await gathered(sseEvents(body())), [
      { id: '1', type: undefined, data: undefined },
      { id: '2', type: 'a', data: '{"name":"Öl 🚀"}' },
      { id: '3', type: undefined, data: undefined },
    ])
  }
})
