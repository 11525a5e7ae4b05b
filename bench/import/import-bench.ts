import { setTimeout as sleep } from 'node:timers/promises'
import { issueToken } from '../../gateways/authentication/issue-token.ts'
import { secretKeyBytes } from '../../gateways/authentication/secret-key.ts'
import { jobMessage } from '../../schemas/http/alias-import.ts'
import type { Bench, BenchContext } from '../bench.ts'
import { cpuSeconds } from '../measure/cpu-seconds.ts'
import { median } from '../measure/median.ts'
import { wholeNumber } from '../measure/whole-number.ts'
import { registered } from '../project/alias-events.ts'
import { startServer } from '../servers/start-server.ts'
import { withServers } from '../servers/with-servers.ts'
import { rawBatchesPerSecond } from './raw-batches.ts'

const SECRET_KEY = 'only-for-this-bench-on-this-machine'
const LINES = 1_000_000
/** Lines of one piece of the body, as a file would be read. */
const PIECE = 500

/** Each round imports as many names that nobody has yet. */
export const importBench: Bench = {
  summary: 'import of 1M lines of NDJSON over HTTP, beside raw atomic batches (BENCH_LINES for another number)',
  minutes: 20,
  run: (context) =>
    withServers(context, async (servers) => {
      const { report, note, signal } = context
      const [lines, rounds] = [wholeNumber('BENCH_LINES', LINES), wholeNumber('BENCH_ROUNDS', 1)]
      await using server = await startServer(servers, context, SECRET_KEY, ['http', 'commands'])
      const claims = { issuer: 'pharos', audience: 'pharos', ttlSeconds: 3600, at: Date.now() }
      const token = await issueToken(secretKeyBytes(SECRET_KEY), { sub: 'bench', roles: ['admin'], ...claims })
      await importLines(server.api, token, 0, Math.min(lines, 20_000), context)
      const seen: { rate: number; raw: number }[] = []
      for (let round = 1; round <= rounds; round++) {
        const [started, used] = [performance.now(), await cpuSeconds(server.pid)]
        await importLines(server.api, token, round * LINES, lines, context)
        const rate = lines / ((performance.now() - started) / 1000)
        const cpu = ((await cpuSeconds(server.pid)) - used) * (1e6 / lines)
        await sleep(500, undefined, { signal })
        const raw = await rawBatchesPerSecond(servers.connection, Math.min(lines, 200_000))
        seen.push({ rate, raw })
        note(
          `round ${round} of ${rounds}: ${Math.round(rate)} aliases/s, raw ${Math.round(raw)}/s; the server used ${cpu.toFixed(1)} µs per alias`,
        )
      }
      report({
        figure: 'import.rate',
        value: median(seen.map(({ rate }) => rate)),
        unit: 'aliases/s',
        ceiling: median(seen.map(({ raw }) => raw)),
      })
    }),
}

/** Imports lines from the `first` on. @throws Error when not all of them were added. */
async function importLines(
  api: string,
  token: string,
  first: number,
  count: number,
  { signal, note }: BenchContext,
): Promise<void> {
  async function* body(): AsyncGenerator<Uint8Array> {
    for (let from = first; from < first + count; from += PIECE) {
      let text = ''
      for (let n = from; n < Math.min(from + PIECE, first + count); n++) {
        const { aliasId: _, owner: __, ...line } = registered(n)
        text += `${JSON.stringify(line)}\n`
      }
      yield Buffer.from(text)
    }
    note(`sent ${count} lines`)
  }
  const response = await fetch(`${api}/api/aliases/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
    body: ReadableStream.from(body()),
    duplex: 'half',
    signal,
  })
  let [rest, last] = ['', '']
  for await (const chunk of response.body ?? []) {
    const pieces = (rest + Buffer.from(chunk).toString()).split('\n')
    rest = pieces.pop() ?? ''
    last = pieces.findLast((line) => line !== '') ?? last
  }
  const report = jobMessage.safeParse(JSON.parse(last || '{}'))
  if (!report.success || report.data.type !== 'report' || report.data.counts.added !== count)
    throw new Error(`the import of ${count} lines ended with ${last || `status ${response.status}`}`)
}
