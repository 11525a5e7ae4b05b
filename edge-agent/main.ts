#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { natsConnectOptions } from '../infra/nats/nats-connect-options.ts'
import { migrate } from '../infra/postgres/migrate.ts'
import { startTelemetry } from '../infra/telemetry.ts'
import { Backoff } from './backoff.ts'
import { agentLogger } from './observe/agent-logger.ts'
import { readAgentConfig } from './read-agent-config.ts'
import { startAgent } from './start-agent.ts'

const MIGRATIONS = new URL('migrations/', import.meta.url)

/** The agent of one device, until SIGTERM. */
async function main(): Promise<void> {
  const { config, identity } = readAgentConfig(process.env, (path) => readFileSync(path, 'utf8'))
  const logger = agentLogger(config.LOG_LEVEL)
  const stopping = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => (stopping.signal.aborted ? process.exit(130) : stopping.abort()))
  const telemetry = startTelemetry({ OTEL_SERVICE_NAME: 'pharos-edge', ...process.env })
  // The device's Postgres may start after us, or be away for a while: that is no reason to end.
  const backoff = new Backoff(250, 10_000)
  for (let migrated = false; !migrated && !stopping.signal.aborted;) {
    try {
      const applied = await migrate({ connectionString: config.DATABASE_URL }, MIGRATIONS)
      logger.info({ applied }, 'the database is migrated')
      migrated = true
    } catch (error) {
      if (error instanceof Error && error.name === 'MigrationChanged') throw error
      logger.warn({ err: error }, 'the database cannot be migrated yet')
      await backoff.wait(stopping.signal)
    }
  }
  if (stopping.signal.aborted) return
  const nats = natsConnectOptions(config.NATS_URL ?? identity.natsUrl, config)
  const running = await startAgent({ config, identity, nats, logger })
  logger.info({ deviceId: identity.deviceId, api: running.url }, 'ready')
  await new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve(), { once: true }))
  logger.info('stopping')
  await running.stop()
  await telemetry.stop()
  logger.info('stopped')
}

try {
  await main()
} catch (error) {
  process.stderr.write(`pharos edge agent: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
