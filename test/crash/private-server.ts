import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedNats } from '../../infra/embedded/embedded-nats.ts'
import { startEmbeddedPostgres } from '../../infra/embedded/embedded-postgres.ts'
import { freePort } from '../../infra/embedded/free-port.ts'
import { afterTests } from '../support/infrastructure.ts'

/** A server of one test's own, which it can stop and start where it was. */
export interface PrivateServer {
  readonly url: string
  stop(): Promise<void>
  /** On the same port, with the same data. */
  start(): Promise<void>
}

type Start = (options: { readonly dataDir: string; readonly port: number; readonly durable: false }) => Promise<{
  readonly url: string
  stop(): Promise<void>
}>

export const privatePostgres = (): Promise<PrivateServer> => privateServer(startEmbeddedPostgres)
export const privateNats = (): Promise<PrivateServer> => privateServer(startEmbeddedNats)

async function privateServer(start: Start): Promise<PrivateServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pharos-outage-'))
  const options = { dataDir, port: await freePort(), durable: false } as const
  let running = await start(options)
  afterTests(async () => {
    await running.stop()
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
  })
  return {
    url: running.url,
    stop: () => running.stop(),
    async start() {
      running = await start(options)
    },
  }
}
