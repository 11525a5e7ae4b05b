import { connectNats } from '../../gateways/cli/platform/connect-nats.ts'
import { JetStreamTelemetryLog } from '../../infra/jetstream/jetstream-telemetry-log.ts'
import { runSink } from '../../projections/telemetry/run-sink.ts'
import type { SinkRun } from './sink-rate.ts'

/** The sink alone, told of every channel that it is one; ends where the stream ended when it began. */
const [natsUrl = '', connectionString = ''] = process.argv.slice(2)
const connection = await connectNats(natsUrl, 'pharos bench sink')
const log = await JetStreamTelemetryLog.open(connection)
const { sequence: end } = await log.head()
const stopping = new AbortController()
const memory: number[] = []
const watching = setInterval(() => memory.push(process.memoryUsage.rss()), 1000)
let rows = 0
let started = 0
await runSink(
  {
    database: { connectionString },
    log,
    directory: {
      find: async (wanted) => new Map([...wanted.keys()].map((id) => [id, { device: null, retired: false }])),
    },
    owner: 'bench',
    maxAheadMs: 366 * 86_400_000,
    now: Date.now,
    onReport: ({ state, error }) => {
      if (state === 'catching-up') started = performance.now()
      if (state === 'away') console.error(error)
    },
    onBatch: ({ stored }) => void (rows += stored),
    onMove: (_, { sequence }) => {
      if (sequence >= end) stopping.abort()
    },
  },
  stopping.signal,
)
const run: SinkRun = { rows, seconds: (performance.now() - started) / 1000, memory }
clearInterval(watching)
process.send?.(run)
await connection.close()
process.disconnect?.()
