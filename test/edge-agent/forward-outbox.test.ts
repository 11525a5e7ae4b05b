import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { startObservations } from '../../edge-agent/observations/start-observations.ts'
import { eventually } from '../support/infrastructure.ts'

const mine = '6f1c1c1e-0000-4000-8000-000000000001'
const foreign = '6f1c1c1e-0000-4000-8000-000000000002'
const WAIT = { timeoutMs: 60_000 }

interface Line {
  readonly stream: string
  readonly value: string
}
interface Answer {
  readonly status: number
  readonly body: object
}

const taken = (accepted: number, refused = 0): Answer => ({ status: 202, body: { accepted, refused, problems: [] } })
const problem = (status: number, code: string): Answer => ({ status, body: { status, code, detail: `it is ${code}` } })

/** A device whose platform answers as it is told, and remembers what it has taken. */
async function device(t: ExecutionContext, answer: (lines: readonly Line[], request: number) => Answer) {
  const dir = await mkdtemp(join(tmpdir(), 'pharos-edge-forward-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  const seen = { taken: [] as string[], answers: [] as number[], refused: [] as [number, string][], errors: 0 }
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (piece: string) => (text += piece))
    request.on('end', () => {
      const lines = text.split('\n').map((line) => JSON.parse(line) as Line)
      const { status, body } = answer(lines, seen.answers.push(0))
      seen.answers[seen.answers.length - 1] = status
      if (status === 202) seen.taken.push(...lines.filter(({ stream }) => stream === mine).map(({ value }) => value))
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const running = await startObservations({
    store: { kind: 'sqlite', file: join(dir, 'engine.db') },
    source: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, credential: async () => 'key' },
    follow: [],
    onRefused: (count, reason) => void seen.refused.push([count, reason]),
    onError: () => void seen.errors++,
  })
  t.teardown(() => running[Symbol.asyncDispose]())
  return {
    seen,
    running,
    record: async (stream: string, ...values: number[]) => {
      for (const value of values) await running.record({ stream, value: `${value}` })
    },
    emptied: () => eventually(async () => (await running.status()).outbox.waiting === 0, WAIT),
  }
}

test('what this device may not send stops nothing: it is counted and told, and what comes behind it is sent', async (t) => {
  t.timeout(120_000)
  const { seen, running, record, emptied } = await device(t, (lines) => {
    const own = lines.filter(({ stream }) => stream === mine).length
    return own === 0 ? problem(403, 'forbidden') : taken(own, lines.length - own)
  })
  await record(foreign, 1, 2)
  await emptied()
  await record(mine, 3, 4)
  await emptied()
  t.deepEqual(seen.taken, ['3', '4'])
  const status = await running.status()
  t.like(status.outbox, { forwarded: 2, refused: 2, dropped: 0 })
  t.regex(status.lastRefusal?.reason ?? '', /it is forbidden/)
  t.is(
    seen.refused.reduce((sum, [count]) => sum + count, 0),
    2,
  )
  t.is(seen.errors, 0)
})

test('one that is too large for the platform is found and left, and the others go on in order', async (t) => {
  t.timeout(120_000)
  const gate = { isOpen: false }
  const { seen, running, record, emptied } = await device(t, (lines) => {
    if (!gate.isOpen) return problem(503, 'unavailable')
    return lines.some(({ value }) => value === '13') ? problem(413, 'body_too_large') : taken(lines.length)
  })
  const values = Array.from({ length: 20 }, (_, n) => n)
  await record(mine, ...values)
  gate.isOpen = true
  await emptied()
  t.deepEqual(
    seen.taken,
    values.filter((n) => n !== 13).map((n) => `${n}`),
  )
  t.like((await running.status()).outbox, { forwarded: 19, refused: 1 })
})

for (const [what, first] of [
  ['a credential that may be renewed', problem(401, 'unauthorized')],
  ['a limit of the moment', problem(429, 'too_many_requests')],
  ['a slow way', problem(408, 'too_slow')],
  ['an address that nobody knows', problem(404, 'not_found')],
  ['something in between', { status: 403, body: {} }],
] as const)
  test(`nothing is given up for ${what}: it is sent again`, async (t) => {
    t.timeout(120_000)
    const { seen, running, record, emptied } = await device(t, (lines, request) =>
      request === 1 ? first : taken(lines.length),
    )
    await record(mine, 1)
    await emptied()
    t.deepEqual(seen.answers, [first.status, 202])
    t.like((await running.status()).outbox, { forwarded: 1, refused: 0 })
    t.is(seen.errors, 1)
  })
