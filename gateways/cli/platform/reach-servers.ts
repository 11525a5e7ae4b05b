import { Failure } from '../failure.ts'
import { configFromEnvironment } from './environment.ts'
import { findInstance } from './running-instance.ts'

/** The servers to work on: those of the environment, else those of the instance that runs in the data directory. */
export async function reachServers(): Promise<{ readonly natsUrl: string; readonly databaseUrl: string }> {
  const { NATS_URL, DATABASE_URL, PHAROS_DATA_DIR } = configFromEnvironment()
  const instance =
    NATS_URL === undefined || DATABASE_URL === undefined ? await findInstance(PHAROS_DATA_DIR) : undefined
  const natsUrl = NATS_URL?.join(',') ?? instance?.natsUrl
  const databaseUrl = DATABASE_URL ?? instance?.databaseUrl
  if (natsUrl === undefined || databaseUrl === undefined)
    throw new Failure(`nothing runs in ${PHAROS_DATA_DIR}: start "pharos up", or set NATS_URL and DATABASE_URL`)
  return { natsUrl, databaseUrl }
}
