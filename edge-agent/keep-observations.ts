import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { AgentConfig } from './agent-config.ts'
import { exposeObservations } from './observations/expose-observations.ts'
import { type RunningObservations, startObservations } from './observations/start-observations.ts'

/** Observations on this device, where the configuration says whom they are for; central need not be there. */
export async function keepObservations(
  config: AgentConfig,
  { logger, registry }: { readonly logger: Logger; readonly registry: Registry },
): Promise<RunningObservations | undefined> {
  const { CENTRAL_URL: url, CENTRAL_API_KEY: apiKey, EDGE_DATA_DIR, FOLLOW_CHANNELS: follow } = config
  if (url === undefined || apiKey === undefined) return undefined
  const observations = await startObservations({
    store: {
      kind: 'sqlite',
      file: join(EDGE_DATA_DIR, 'engine.db'),
      onCorrupt: (error, keptAt) => logger.error({ err: error, keptAt }, 'the store of observations was damaged'),
    },
    limits: { rows: config.OUTBOX_ROWS, bytes: config.OUTBOX_BYTES },
    source: { url, credential: async () => apiKey },
    follow,
    onError: (error) => logger.warn({ err: error }, 'observations cannot be exchanged with central now'),
    onRefused: (count, reason) =>
      logger.error({ count, reason }, 'central will not have observations; they are given up'),
  })
  exposeObservations(registry, observations)
  return observations
}
