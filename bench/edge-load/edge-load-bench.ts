import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from '@nats-io/transport-node'
import { startEmbeddedNats } from '../../infra/embedded/embedded-nats.ts'
import { startEmbeddedPostgres } from '../../infra/embedded/embedded-postgres.ts'
import { natsConnectOptions } from '../../infra/nats/nats-connect-options.ts'
import { deviceTables } from '../../schemas/device-sync/device-tables.ts'
import type { Manifest } from '../../schemas/device-sync/manifest.ts'
import { hashOf } from '../../test/edge-agent/support/build-content.ts'
import { TestCentral } from '../../test/edge-agent/support/test-central.ts'
import type { Bench, BenchContext } from '../bench.ts'
import { median } from '../measure/median.ts'
import { wholeNumber } from '../measure/whole-number.ts'
import { type AgentProcess, startAgentProcess } from './agent-process.ts'
import { countingLink } from './counting-link.ts'
import { plainCopySeconds } from './plain-copy.ts'
import { startReader } from './start-reader.ts'
import { usersContent } from './user-rows.ts'

/** What edge-agent/docker-compose.yml gives the device's Postgres. */
const EDGE_SETTINGS = { wal_level: 'minimal', max_wal_senders: '0', max_wal_size: '2GB', shared_buffers: '256MB' }
const DEVICE = 'bench-device'
const NO_ROWS = hashOf('')

export const edgeLoadBench: Bench = {
  summary:
    'a real agent loads 1M users from a real nats-server, beside COPY of the same rows (BENCH_ROWS for another number)',
  minutes: 15,
  run: measure,
}

async function measure(context: BenchContext): Promise<void> {
  const { dir, report, note, signal } = context
  const rows = wholeNumber('BENCH_ROWS', 1_000_000)
  const rounds = wholeNumber('BENCH_ROUNDS', 3)
  await using servers = new AsyncDisposableStack()
  const nats = await startEmbeddedNats({ dataDir: join(dir, 'nats'), signal })
  servers.defer(() => nats.stop())
  const postgres = await startEmbeddedPostgres({ dataDir: join(dir, 'edge'), settings: EDGE_SETTINGS, signal })
  servers.defer(() => postgres.stop())
  note(`making two editions of ${rows} users`)
  const editions = [usersContent(rows, 1), usersContent(rows, 2)] as const
  const central = new TestCentral(DEVICE)
  const publish = (edition: number): Manifest => central.publish(withOthers(editions[edition] ?? editions[0]))
  publish(0)
  await central.start(await connect({ ...natsConnectOptions(nats.url), name: 'bench central' }))
  servers.defer(() => central.stop())
  const link = servers.use(await countingLink(new URL(nats.url).host))
  const identity = join(dir, 'identity.json')
  const natsUrl = new URL(nats.url)
  natsUrl.host = link.address
  await writeFile(
    identity,
    JSON.stringify({ deviceId: DEVICE, mac: '48b02de9c3b7', natsUrl: natsUrl.href, rootKey: central.signer.root.x }),
  )
  const agent = servers.use(
    await startAgentProcess({ identity, databaseUrl: postgres.url, dataDir: join(dir, 'chunks') }),
  )
  await acked(central, 1, signal)
  note('first load done')

  const seconds: number[] = []
  const ceilings: number[] = []
  const stalls: number[] = []
  for (let round = 1; round <= rounds; round++) {
    const reader = await startReader(postgres.url, rows)
    publish(round % 2)
    const started = performance.now()
    central.wake()
    await acked(central, round + 1, signal)
    seconds.push((performance.now() - started) / 1000)
    const { polls, longestMs, wrong, editions: seen } = await reader.end()
    if (wrong > 0) throw new Error(`a reader saw an empty or a mixed table ${wrong} times`)
    stalls.push(longestMs)
    ceilings.push(await plainCopySeconds(postgres.url, context, rows))
    note(
      `round ${round}: ${JSON.stringify({ seconds: seconds.at(-1), copy: ceilings.at(-1), longestMs, polls, seen })}`,
    )
  }
  const unchanged = await unchangedBytes(agent, link.bytes)
  const copied = rows / median(ceilings)
  report({ figure: 'edge-load.rate', value: rows / median(seconds), unit: 'rows/s', ceiling: copied })
  report({ figure: 'edge-load.reader_stall', value: median(stalls), unit: 'ms', ceiling: 50 })
  report({ figure: 'edge-load.rss', value: await agent.peakMemory(), unit: 'MB', ceiling: 256 })
  report({ figure: 'edge-load.unchanged_bytes', value: unchanged, unit: 'bytes', ceiling: 10_240 })
}

/** All tables that a device has: the others without rows. */
function withOthers({ tables, objects }: ReturnType<typeof usersContent>): ReturnType<typeof usersContent> {
  const all = (deviceTables.get(1) ?? []).map(
    ({ name }) => tables.find((table) => table.name === name) ?? { name, rowCount: 0, sha256: NO_ROWS, chunks: [] },
  )
  return { tables: all, objects }
}

async function acked(central: TestCentral, count: number, signal: AbortSignal): Promise<void> {
  while (central.acks.length < count) {
    signal.throwIfAborted()
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  const { status, error } = central.acks[count - 1] ?? {}
  if (status !== 'Success') throw new Error(`the agent failed: ${error}`)
}

async function unchangedBytes(agent: AgentProcess, bytes: () => number): Promise<number> {
  const before = bytes()
  const { status } = await agent.syncNow()
  if (status !== 'unchanged') throw new Error(`nothing changed, and the agent says "${status}"`)
  return bytes() - before
}
