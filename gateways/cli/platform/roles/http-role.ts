import { newUlid } from '../../../../schemas/new-ulid.ts'
import { EventFeed } from '../../../feed/event-feed.ts'
import { FEED_SUBJECTS } from '../../../feed/feed-item.ts'
import { createHttpServer } from '../../../http/create-http-server.ts'
import { queryBusOver } from '../query-bus-over.ts'
import { version } from '../version.ts'
import { httpDevicesOver } from '../http-devices-over.ts'
import { listen } from './listen.ts'
import { probeParts } from './probe-parts.ts'
import type { RoleParts } from './role.ts'

/** Of one process; a beat is well within what proxies and this server allow a connection to be silent. */
const STREAMS = { streamsPerCredential: 20, streams: 1000, beatMs: 15_000 }

/** Role `http`: the REST gateway, with the probes. @throws Error that names the port when it is taken. */
export async function startHttpRole(parts: RoleParts): Promise<AsyncDisposable & { readonly url: string }> {
  const probes = probeParts(parts)
  const feed = new EventFeed({
    log: parts.store,
    subjects: FEED_SUBJECTS,
    onError: (error) => parts.logger.warn({ err: error }, 'the log cannot be read for event streams; trying again'),
  })
  const server = await createHttpServer({
    ...probes,
    bus: parts.bus,
    jobs: parts.jobs,
    observations: parts.observations,
    queries: queryBusOver(parts),
    onUnauthorized: parts.onUnauthorized,
    feed,
    devices: await httpDevicesOver(parts),
    apiKeySecrets: parts.secrets,
    newId: newUlid,
    version,
    limits: { ...probes.limits, ...STREAMS },
  })
  const listening = await listen(server, parts)
  return {
    url: listening.url,
    async [Symbol.asyncDispose]() {
      await listening[Symbol.asyncDispose]()
      await feed.close()
    },
  }
}
