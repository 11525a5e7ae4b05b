import { startInfrastructure } from '../../../infra/embedded/embedded-infrastructure.ts'
import { configFromEnvironment } from './environment.ts'
import { keysDirOf } from './keys-dir.ts'
import { findInstance } from './running-instance.ts'

/**
 * The servers to work on: those of the environment or of the instance that runs here; where nothing runs, the data
 * directory's own, started for as long as they are needed.
 */
export async function startOrReachServers(
  signal: AbortSignal,
): Promise<AsyncDisposable & { readonly natsUrl: string; readonly databaseUrl: string }> {
  const config = configFromEnvironment()
  const { NATS_URL, DATABASE_URL, PHAROS_DATA_DIR: dataDir } = config
  const instance = await findInstance(dataDir)
  const { natsUrl, databaseUrl, stop } = await startInfrastructure({
    dataDir,
    keysDir: keysDirOf(config),
    natsUrl: NATS_URL?.join(',') ?? instance?.natsUrl,
    databaseUrl: DATABASE_URL ?? instance?.databaseUrl,
    signal,
  })
  return { natsUrl, databaseUrl, [Symbol.asyncDispose]: stop }
}
