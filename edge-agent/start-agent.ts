import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { NodeConnectionOptions } from '@nats-io/transport-node'
import type { Logger } from 'pino'
import { deviceTables, type DeviceTable } from '../schemas/device-sync/device-tables.ts'
import type { DeviceIdentity } from '../schemas/device-sync/messages.ts'
import type { AgentConfig } from './agent-config.ts'
import { Agent } from './agent.ts'
import { createApi } from './api/create-api.ts'
import { NatsCentral } from './central/nats-central.ts'
import { ChunkDirectory } from './chunks/chunk-directory.ts'
import { keepObservations } from './keep-observations.ts'
import type { FlightPorts } from './flight/flight-ports.ts'
import { fly } from './flight/fly.ts'
import { Ledger } from './ledger/ledger.ts'
import { EdgeMetrics } from './observe/edge-metrics.ts'
import { SyncStatus } from './observe/sync-status.ts'
import { openSession } from './session.ts'

export interface AgentParts {
  readonly config: AgentConfig
  readonly identity: DeviceIdentity
  /** Servers and credentials. */
  readonly nats: NodeConnectionOptions
  readonly logger: Logger
  /** Another set of tables than those of schemas/device-sync/device-tables.ts. */
  readonly catalogue?: ReadonlyMap<number, readonly DeviceTable[]>
  /** Epoch milliseconds. */
  readonly now?: () => number
}

/** An agent that runs. */
export interface RunningAgent {
  readonly agent: Agent
  readonly status: SyncStatus
  /** `http://host:port` of its API. */
  readonly url: string
  stop(): Promise<void>
}

/** Longest that the device's Postgres may take to say what was before, in milliseconds: the agent starts without. */
const RECALL_MS = 10_000

/** Starts everything but migrations. Central need not be there; the device's Postgres neither. @throws when the API's port is taken. */
export async function startAgent(parts: AgentParts): Promise<RunningAgent> {
  const { config, identity, nats, logger, catalogue = deviceTables, now = Date.now } = parts
  await using started = new AsyncDisposableStack()
  const metrics = new EdgeMetrics()
  const status = new SyncStatus()
  const central = new NatsCentral({
    deviceId: identity.deviceId,
    nats,
    onTrouble: (error) => logger.warn({ err: error }, 'trouble with the connection to central'),
  })
  started.defer(() => central.close())
  const ports: FlightPorts = {
    identity,
    databaseUrl: config.DATABASE_URL,
    central,
    chunks: await ChunkDirectory.open(join(config.EDGE_DATA_DIR, 'chunks')),
    catalogue,
    tactic: config.LOAD_TACTIC,
    maxBytes: config.MAX_DATA_BYTES,
    swapPatienceMs: config.SWAP_PATIENCE * 1000,
    fetchPatienceMs: 60_000,
    now,
    logger,
    metrics,
    status,
  }
  await recallLastSuccess(ports)
  const agent = new Agent({
    sync: (why, signal) => fly(ports, why, signal),
    central,
    intervalMs: config.SYNC_INTERVAL * 1000,
    timeoutMs: config.SYNC_TIMEOUT * 1000,
    random: Math.random,
    logger,
  })
  metrics.exposeConnection(() => central.isConnected)
  const observations = await keepObservations(config, { logger, registry: metrics.registry, status })
  if (observations !== undefined) started.use(observations)
  const api = createApi({
    agent,
    status,
    registry: metrics.registry,
    deviceId: identity.deviceId,
    isConnected: () => central.isConnected,
    token: config.API_TOKEN,
    observations,
  })
  await api.listen({ host: config.API_HOST, port: config.API_PORT })
  started.defer(() => api.close())
  agent.start()
  started.defer(() => agent.stop())
  const running = started.move()
  const { port } = api.server.address() as AddressInfo
  return { agent, status, url: `http://${config.API_HOST}:${port}`, stop: () => running.disposeAsync() }
}

/** What the device has been since before this process. */
async function recallLastSuccess({ databaseUrl, status, metrics, logger }: FlightPorts): Promise<void> {
  try {
    await using session = await openSession(databaseUrl, 'status', AbortSignal.timeout(RECALL_MS))
    const { applied, contents, lastSuccessAt, lastCheckedAt } = await new Ledger(session.client).read()
    if (applied === undefined || lastSuccessAt === undefined) return
    status.lastSuccess = { manifestId: applied.manifestId, at: lastSuccessAt }
    metrics.lastSuccess.set(Date.parse(lastSuccessAt) / 1000)
    metrics.lastChecked.set(Date.parse(lastCheckedAt ?? lastSuccessAt) / 1000)
    metrics.position.set(applied.position)
    for (const [table, { rowCount }] of contents) metrics.tableRows.set({ table }, rowCount)
  } catch (error) {
    logger.warn({ err: error }, 'the ledger cannot be read yet')
  }
}
