import { startCommandService } from '../../../nats/command-service.ts'
import { startQueryService } from '../../../nats/query-service.ts'
import { queryBusOver } from '../query-bus-over.ts'
import { version } from '../version.ts'
import type { RoleParts } from './role.ts'

/** Role `commands`: commands and queries over NATS request/reply, shared with the other processes of this role. */
export async function startCommandsRole(parts: RoleParts): Promise<AsyncDisposable> {
  const { connection, authenticator, logger, config, metrics } = parts
  const service = {
    connection,
    authenticator,
    logger,
    version,
    maxInFlight: config.MAX_IN_FLIGHT,
    onOverload: (name: string) => metrics.overloaded(name),
  }
  const commands = await startCommandService(parts.bus, service, parts.onUnauthorized)
  const queries = await startQueryService(queryBusOver(parts), service)
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all([commands.stop(), queries.stop()])
    },
  }
}
