import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Pool } from 'pg'
import type { KnownChannel } from '../../domain/channel/known-channel.ts'
import { applyTopology } from '../../infra/jetstream/apply-topology.ts'
import { JetStreamTelemetryLog } from '../../infra/jetstream/jetstream-telemetry-log.ts'
import { migrate } from '../../infra/postgres/migrate.ts'
import { streams } from '../../infra/streams.ts'
import type { ProjectorReport } from '../../projections/projector-report.ts'
import { runSink } from '../../projections/telemetry/run-sink.ts'
import type { SinkBatch, SinkOptions } from '../../projections/telemetry/sink-options.ts'
import { type ChannelId, channelId } from '../../schemas/ids.ts'
import { telemetrySubject } from '../../schemas/telemetry-subject.ts'
import { afterTests, eventually, testDatabase, testNats } from '../support/infrastructure.ts'

/** Longest wait for a state: far more than it takes. */
const WAIT_MS = 60_000
const TIMING = { idle: 20, standby: 30, retry: 20, retryMost: 100 }

export const CHANNEL = channelId.parse('6f1c1c1e-0000-4000-8000-000000000001')
export const OTHER = channelId.parse('6f1c1c1e-0000-4000-8000-000000000002')

export interface RunningSink {
  readonly batches: SinkBatch[]
  readonly reports: ProjectorReport[]
  stop(): Promise<void>
}

/** Real servers with stream `TELEMETRY` and a migrated database, and sinks as a test starts them. */
export class TelemetryWorld {
  readonly connection: NatsConnection
  readonly manager: JetStreamManager
  readonly pool: Pool
  readonly url: string
  readonly channels = new Map<ChannelId, KnownChannel>([
    [CHANNEL, { device: null, retired: false }],
    [OTHER, { device: 'gate-5', retired: false }],
  ])

  private constructor(connection: NatsConnection, manager: JetStreamManager, pool: Pool, url: string) {
    this.connection = connection
    this.manager = manager
    this.pool = pool
    this.url = url
  }

  /** @param database where observations are to be kept; left out: an empty one of the test run's own Postgres. */
  static async create(t: { readonly title: string }, database = testDatabase(t)): Promise<TelemetryWorld> {
    const [nats, { pool, url }] = await Promise.all([testNats(t), database])
    const connection = await nats.connect()
    await migrate({ connectionString: url })
    const world = new TelemetryWorld(connection, await jetstreamManager(connection), pool, url)
    await world.applyTopology()
    return world
  }

  async applyTopology(): Promise<void> {
    await applyTopology(
      this.connection,
      streams.filter(({ name }) => name === 'TELEMETRY'),
    )
  }

  /** Publishes one message; resolves with its sequence. */
  async publish(body: unknown, device = 'gate-4', channel: string = CHANNEL): Promise<number> {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return (await jetstream(this.connection).publish(telemetrySubject(device, channel as ChannelId), text)).seq
  }

  async sink(options: Partial<SinkOptions> = {}): Promise<RunningSink> {
    const stopping = new AbortController()
    const batches: SinkBatch[] = []
    const reports: ProjectorReport[] = []
    const running = runSink(
      {
        database: { connectionString: this.url },
        log: await JetStreamTelemetryLog.open(this.connection),
        directory: {
          find: async (wanted) => new Map([...this.channels].filter(([id]) => wanted.has(id))),
        },
        owner: 'test',
        maxAheadMs: 300_000,
        now: Date.now,
        timing: TIMING,
        onBatch: (batch) => void batches.push(batch),
        onReport: (report) => void reports.push(report),
        ...options,
      },
      stopping.signal,
    )
    const stop = async (): Promise<void> => {
      stopping.abort()
      await running
    }
    afterTests(stop)
    return { batches, reports, stop }
  }

  /** Waits until the checkpoint is at the end of the stream. */
  async settled(): Promise<void> {
    const { state } = await this.manager.streams.info('TELEMETRY')
    await eventually(async () => (await this.position()) === state.last_seq, {
      what: `position ${state.last_seq}`,
      timeoutMs: WAIT_MS,
    })
  }

  async position(): Promise<number> {
    const { rows } = await this.pool.query<{ position: string }>(
      `select position from pharos.projection_checkpoints where projector = 'telemetry'`,
    )
    return Number(rows[0]?.position ?? -1)
  }

  async rows(): Promise<readonly Record<string, unknown>[]> {
    const { rows } = await this.pool.query<Record<string, unknown>>(
      `select channel_id, to_char(ts at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') as ts, value::text, hash, provider, device
       from pharos.telemetry order by channel_id, telemetry.ts, value, value::text desc`,
    )
    return rows
  }

  async refused(): Promise<readonly string[]> {
    const { rows } = await this.pool.query<{ told: string }>(
      `select device || ' ' || code || ' ' || field || ' ' || count as told from pharos.telemetry_refused order by 1`,
    )
    return rows.map(({ told }) => told)
  }
}
