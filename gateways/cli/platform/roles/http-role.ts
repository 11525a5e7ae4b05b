import { newUlid } from '../../../../schemas/new-ulid.ts'
import { createHttpServer } from '../../../http/create-http-server.ts'
import { queryBusOver } from '../query-bus-over.ts'
import { version } from '../version.ts'
import { listen } from './listen.ts'
import { probeParts } from './probe-parts.ts'
import type { RoleParts } from './role.ts'

/** Role `http`: the REST gateway, with the probes. @throws Error that names the port when it is taken. */
export async function startHttpRole(parts: RoleParts): Promise<AsyncDisposable & { readonly url: string }> {
  const server = await createHttpServer({
    ...probeParts(parts),
    bus: parts.bus,
    queries: queryBusOver(parts),
    apiKeySecrets: parts.secrets,
    newId: newUlid,
    version,
  })
  return listen(server, parts)
}
