import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { readAgentConfig } from '../../../../edge-agent/read-agent-config.ts'
import { type RunningAgent, startAgent } from '../../../../edge-agent/start-agent.ts'
import { natsConnectOptions } from '../../../../infra/nats/nats-connect-options.ts'
import { SAMPLE_DEVICES } from '../../../../infra/sample/fleet-commands.ts'
import { loadFleet } from '../../../../infra/sample/load-fleet.ts'
import type { Pharos } from '../../../client/index.ts'
import { openRest } from '../../platform/open-rest.ts'
import { deviceDatabase } from './device-database.ts'
import { deviceFiles } from './device-files.ts'

/** A device of the sample: its agent runs here, with a database, an identity and a credential of its own. */
export interface SampleDevice {
  readonly deviceId: string
  readonly site: string
  readonly databaseUrl: string
  readonly agent: RunningAgent
}

const COMMAND_MS = 60_000

/** The sample fleet and its devices, each with an agent that follows its subject as it would on a device. */
export async function startSampleDevices(options: {
  readonly client: Pharos
  readonly dataDir: string
  /** The embedded server, with rights to make databases. */
  readonly serverUrl: string
  /** Where devices find NATS, without any credential. */
  readonly natsUrl: string
  readonly logger: Logger
  readonly signal: AbortSignal
}): Promise<{ readonly devices: readonly SampleDevice[]; stop(): Promise<void> }> {
  const { client, dataDir, serverUrl, natsUrl, logger, signal } = options
  await using started = new AsyncDisposableStack()
  await loadFleet(({ type, commandId, data }) =>
    client.command(type, data, { commandId, signal, timeoutMs: COMMAND_MS }),
  )
  const rest = await openRest()
  const devices: SampleDevice[] = []
  for (const { deviceId, site } of SAMPLE_DEVICES) {
    const files = await deviceFiles(rest, join(dataDir, 'devices', deviceId), { deviceId })
    const databaseUrl = await deviceDatabase(serverUrl, deviceId)
    const environment = {
      DATABASE_URL: databaseUrl,
      // The embedded server may have taken another port since the device was provisioned.
      NATS_URL: natsUrl,
      DEVICE_IDENTITY: files.identity,
      NATS_CREDS: files.creds,
      EDGE_DATA_DIR: files.dir,
      API_PORT: '0',
    }
    const { config, identity } = readAgentConfig(environment, (path) => readFileSync(path, 'utf8'))
    const agent = await startAgent({
      config,
      identity,
      nats: natsConnectOptions(natsUrl, config),
      logger: logger.child({ device: deviceId }),
    })
    started.defer(() => agent.stop())
    devices.push({ deviceId, site, databaseUrl, agent })
  }
  const running = started.move()
  return { devices, stop: () => running.disposeAsync() }
}
