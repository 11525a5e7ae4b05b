import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import assert from 'node:assert/strict'
import type { ExecutionContext } from 'ava'
import type { Pool } from 'pg'
import { pino } from 'pino'
import { type AgentConfig, agentEnvironment } from '../../../edge-agent/agent-config.ts'
import type { Outcome } from '../../../edge-agent/observe/sync-status.ts'
import { type RunningAgent, startAgent } from '../../../edge-agent/start-agent.ts'
import { natsConnectOptions } from '../../../infra/nats/nats-connect-options.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { type DeviceTable, deviceTables } from '../../../schemas/device-sync/device-tables.ts'
import type { DeviceIdentity } from '../../../schemas/device-sync/messages.ts'
import type { Manifest, UnsignedManifest } from '../../../schemas/device-sync/manifest.ts'
import {
  afterTests,
  eventually,
  type TestDatabase,
  testDatabase,
  testNats,
  type TestNats,
  testPrefix,
  startProcess,
  type TestProcess,
} from '../../support/infrastructure.ts'
import { buildContent } from './build-content.ts'
import { makeSource } from './catalogue.ts'
import { TestCentral } from './test-central.ts'

const MAIN = new URL('../../../edge-agent/main.ts', import.meta.url)
const MIGRATIONS = new URL('../../../edge-agent/migrations/', import.meta.url)

/** A central with its tables, and a device with its own Postgres: agents of it are started by the tests. */
export class EdgeWorld {
  readonly central: TestCentral
  /** Where central's tables are, in schema `source`. */
  readonly source: Pool
  /** The device's own database. */
  readonly edge: Pool
  readonly edgeUrl: string
  readonly nats: TestNats
  readonly dataDir: string
  readonly tables: readonly DeviceTable[]
  readonly catalogue: ReadonlyMap<number, readonly DeviceTable[]>
  /** The device's clock. */
  now: () => number = Date.now

  private constructor(
    parts: Pick<EdgeWorld, 'central' | 'source' | 'edge' | 'edgeUrl' | 'nats' | 'dataDir' | 'tables' | 'catalogue'>,
  ) {
    this.central = parts.central
    this.source = parts.source
    this.edge = parts.edge
    this.edgeUrl = parts.edgeUrl
    this.nats = parts.nats
    this.dataDir = parts.dataDir
    this.tables = parts.tables
    this.catalogue = parts.catalogue
  }

  static async open(
    t: ExecutionContext,
    {
      tables = deviceTables.get(1) ?? [],
      nats,
      device,
    }: { tables?: readonly DeviceTable[]; nats?: TestNats; device?: TestDatabase } = {},
  ): Promise<EdgeWorld> {
    const [source, edge] = await Promise.all([testDatabase(t), device ?? testDatabase(t)])
    await makeSource(source.pool, tables)
    await migrate({ connectionString: edge.url }, MIGRATIONS)
    const dataDir = await mkdtemp(join(tmpdir(), 'pharos-edge-'))
    afterTests(() => rm(dataDir, { recursive: true, force: true }))
    const central = new TestCentral(testPrefix())
    const account = nats ?? (await testNats(t))
    await central.start(await account.connect())
    return new EdgeWorld({
      central,
      source: source.pool,
      edge: edge.pool,
      edgeUrl: edge.url,
      nats: account,
      dataDir,
      tables,
      catalogue: new Map([[1, tables]]),
    })
  }

  get identity(): DeviceIdentity {
    return {
      deviceId: this.central.deviceId as DeviceIdentity['deviceId'],
      mac: '48:b0:2d:e9:c3:b7',
      natsUrl: this.nats.url,
      rootKey: this.central.signer.root.x,
    }
  }

  /** Central's tables as they are now become the device's next manifest. */
  async publish(change: Partial<UnsignedManifest> = {}): Promise<Manifest> {
    return this.central.publish(await buildContent(this.source, this.tables), change)
  }

  /** An agent in this process; stopped after the tests, unless it was before. By the clock it syncs once, at the start. */
  async agent(set: Record<string, string> = {}): Promise<RunningAgent> {
    const config: AgentConfig = agentEnvironment.parse({
      DATABASE_URL: this.edgeUrl,
      DEVICE_IDENTITY: '-',
      EDGE_DATA_DIR: this.dataDir,
      SYNC_INTERVAL: '3600',
      API_PORT: '0',
      ...set,
    })
    const running = await startAgent({
      config,
      identity: this.identity,
      nats: natsConnectOptions(config.NATS_URL ?? this.nats.url),
      logger: pino({ level: process.env['EDGE_LOG'] ?? 'silent' }),
      catalogue: this.catalogue,
      now: () => this.now(),
    })
    afterTests(() => running.stop())
    return running
  }

  /** A real agent as a process of its own, ready; killed after the tests. */
  async process(set: Record<string, string> = {}, file: URL = MAIN): Promise<TestProcess & { readonly url: string }> {
    const identity = join(this.dataDir, 'identity.json')
    await writeFile(identity, JSON.stringify(this.identity))
    const started = await startProcess({
      file,
      env: {
        DATABASE_URL: this.edgeUrl,
        DEVICE_IDENTITY: identity,
        EDGE_DATA_DIR: join(this.dataDir, 'data'),
        SYNC_INTERVAL: '3600',
        API_PORT: '0',
        LOG_LEVEL: 'info',
        NATS_URL: '',
        NATS_CREDS: '',
        ...set,
      },
    })
    const { api: url } = JSON.parse(await started.line(/"msg":"ready"/, 60_000)) as { api: string }
    return { ...started, url }
  }

  /** Rows of the ledger: status and error of each run, in order. */
  async ledger(): Promise<
    readonly { readonly status: string; readonly error: string | null; readonly manifestId: string | null }[]
  > {
    const { rows } = await this.edge.query<{ status: string; error: string | null; manifestId: string | null }>(
      `select status, error_text as error, manifest_id as "manifestId" from pharos_edge.edge_sync_log order by id`,
    )
    return rows
  }

  /** Waits until the device's ledger has a success of this manifest and its data is that. For agents in processes. */
  async settles({ manifestId, ...manifest }: Manifest, timeoutMs = 60_000): Promise<void> {
    await eventually(
      async () => {
        const runs = await this.ledger()
        return runs.some((run) => run.status === 'success' && run.manifestId === manifestId)
      },
      { timeoutMs, what: `the ledger says success of ${manifestId}` },
    ).catch(async (cause: unknown) => {
      throw new Error(`the ledger says ${JSON.stringify((await this.ledger()).slice(-3))}`, { cause })
    })
    assert.deepEqual(await this.edgeHashes(), hashesOf({ manifestId, ...manifest }))
  }

  /** Publishes what central has now, wakes the agent, and waits until the device is that. */
  async syncTo(running: RunningAgent, change: Partial<UnsignedManifest> = {}): Promise<Manifest> {
    const manifest = await this.publish(change)
    await this.becomes(running, manifest)
    return manifest
  }

  /** Wakes the agent and waits until its data is what the manifest says, and is so by this test's own hashes. */
  async becomes(running: RunningAgent, manifest: Manifest, timeoutMs = 60_000): Promise<void> {
    void running.agent.trigger('wake')
    await eventually(
      () => running.status.lastSuccess?.manifestId === manifest.manifestId && running.status.running === undefined,
      {
        timeoutMs,
        what: `the device becomes ${manifest.manifestId}`,
      },
    ).catch((cause: unknown) => {
      throw new Error(`it was last ${JSON.stringify(running.status.last)}`, { cause })
    })
    assert.deepEqual(await this.edgeHashes(), hashesOf(manifest))
  }

  /** One sync after all that are under way, and what it came to. */
  async outcome(running: RunningAgent): Promise<Outcome> {
    await eventually(() => running.status.running === undefined)
    return running.agent.trigger('request')
  }

  /** The tables on the device, hashed by this test's own means. */
  async edgeHashes(): Promise<Record<string, string>> {
    const { tables } = await buildContent(this.edge, this.tables, { schema: 'pharos' })
    return Object.fromEntries(tables.map(({ name, sha256 }) => [name, sha256]))
  }
}

function hashesOf({ tables }: Manifest): Record<string, string> {
  return Object.fromEntries(tables.map(({ name, sha256 }) => [name, sha256]))
}
