import type { NatsConnection } from '@nats-io/transport-node'
import type { MasterKeys } from '../../../commands/personal/master-keys.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { rebuildProjector, type RebuildProgress } from '../../../projections/rebuild.ts'
import { Failure } from '../failure.ts'
import { logOf, openLogs } from './logs.ts'
import { openLog } from './open-log.ts'
import { projectors } from './projectors.ts'

/**
 * Rebuilds every projector, one after the other, whatever the live tables say. Returns their names.
 * @throws Failure when one is being rebuilt by another process.
 */
export async function rebuildAll(options: {
  readonly connection: NatsConnection
  readonly databaseUrl: string
  readonly masterKeys: MasterKeys
  readonly signal: AbortSignal
  readonly onProgress?: (projector: string, progress: RebuildProgress) => void
}): Promise<readonly string[]> {
  const { connection, masterKeys, signal, onProgress } = options
  const database = { connectionString: options.databaseUrl }
  await migrate(database)
  const logs = await openLogs(connection, await openLog(connection, masterKeys))
  for (const projector of projectors) {
    const result = await rebuildProjector(projector, {
      database,
      log: logOf(projector, logs),
      signal,
      acceptDifferences: true,
      onProgress: (progress) => onProgress?.(projector.name, progress),
    })
    if (result.status !== 'swapped') throw new Failure(`${projector.name} was not rebuilt: ${result.status}`)
  }
  return projectors.map(({ name }) => name)
}
