import { afterTests } from './after-tests.ts'
import type { TestServers } from './test-servers.ts'

let own: Promise<TestServers> | undefined

/** The servers of this test run; a file that is run alone starts its own and stops them at its end. */
export function sharedServers(): Promise<Omit<TestServers, 'stop'>> {
  const {
    PHAROS_TEST_NATS_URL: natsUrl,
    PHAROS_TEST_DATABASE_URL: databaseUrl,
    PHAROS_TEST_RUN_DIR: runDir,
  } = process.env
  if (natsUrl !== undefined && databaseUrl !== undefined && runDir !== undefined) {
    return Promise.resolve({ natsUrl, databaseUrl, runDir })
  }
  own ??= startOwn()
  return own
}

async function startOwn(): Promise<TestServers> {
  // Loaded only here: in a run of many files none needs it.
  const { startTestServers } = await import('./test-servers.ts')
  const servers = await startTestServers()
  afterTests(() => servers.stop())
  return servers
}
