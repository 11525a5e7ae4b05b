import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { AgentConfig } from './agent-config.ts'
import { Backoff } from './backoff.ts'
import { exposeObservations } from './observations/expose-observations.ts'
import { type RunningObservations, startObservations } from './observations/start-observations.ts'
import type { SyncStatus } from './observe/sync-status.ts'
import { HostileUuid, StoreFull } from './store/stream-store.ts'

/** A store that cannot be opened is tried again after so long, then twice as long each time, in milliseconds. */
const [RETRY_MS, RETRY_MOST_MS] = [1_000, 60_000]

/** Observations on this device, as its API asks for them. */
export type KeptObservations = AsyncDisposable & Pick<RunningObservations, 'record' | 'status'>

/**
 * Observations on this device, where the configuration says whom they are for; central need not be there. While their store
 * cannot be opened, as on a full disk, the rest of the agent works: it is an alarm, what is recorded is refused, and it is
 * tried again. @throws HostileUuid, RangeError when the configuration names what is no channel.
 */
export async function keepObservations(
  config: AgentConfig,
  { logger, registry, status }: { readonly logger: Logger; readonly registry: Registry; readonly status: SyncStatus },
): Promise<KeptObservations | undefined> {
  const { CENTRAL_URL: url, CENTRAL_API_KEY: apiKey, EDGE_DATA_DIR, FOLLOW_CHANNELS: follow } = config
  if (url === undefined || apiKey === undefined) return undefined
  const stopping = new AbortController()
  let running: RunningObservations | undefined
  let fault = ''

  const start = async (): Promise<void> => {
    running = await startObservations({
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
    if (status.alarms.delete('observations_store')) logger.info('the store of observations is open')
  }
  const tryToStart = async (): Promise<boolean> => {
    try {
      await start()
      return true
    } catch (error) {
      if (error instanceof HostileUuid || error instanceof RangeError) throw error
      fault = `the store of observations in ${EDGE_DATA_DIR} cannot be opened: ${String(error)}; make room there, or right what it says`
      status.alarms.set('observations_store', fault)
      logger.error({ err: error }, 'the store of observations cannot be opened; trying again')
      return false
    }
  }
  const opened = (): RunningObservations => {
    if (running === undefined) throw new StoreFull(fault)
    return running
  }

  const starting = (await tryToStart()) ? undefined : retry()
  exposeObservations(registry, { status: async () => opened().status() })
  return {
    record: async (observation) => opened().record(observation),
    async status() {
      if (running !== undefined) return running.status()
      const outbox = { waiting: 0, bytes: 0, forwarded: 0, dropped: 0, refused: 0 }
      return { isLinked: false, error: fault, following: follow, followedAt: {}, stored: 0, outbox, lastRefusal: null }
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await starting
      await running?.[Symbol.asyncDispose]()
    },
  }

  async function retry(): Promise<void> {
    const backoff = new Backoff(RETRY_MS, RETRY_MOST_MS)
    do await backoff.wait(stopping.signal)
    while (!stopping.signal.aborted && !(await tryToStart()))
  }
}
