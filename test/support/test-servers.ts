import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { lockDataDir } from '../../infra/embedded/data-dir-lock.ts'
import { roomInMemory } from './room-in-memory.ts'
import { sweepAbandoned } from './sweep-abandoned.ts'
import { startTestContainers } from './test-containers.ts'
import { startEmbeddedTestServers } from './test-embedded.ts'

const PREFIX = 'pharos-test-'
const TEMPORARY = 'temporary'

/** Where tests find their servers. As environment: what the runner hands to the test files. */
export interface TestServers {
  /** Has the password of every account; which user is up to `claimAccount`. */
  readonly natsUrl: string
  readonly databaseUrl: string
  /** For what test processes must agree on. */
  readonly runDir: string
  stop(): Promise<void>
}

/** Starts servers of their own for a test run: embedded ones, or containers with `PHAROS_TEST_INFRA=containers`. */
export async function startTestServers(): Promise<TestServers> {
  const parent = (await roomInMemory()) ?? tmpdir()
  await sweepAbandoned(parent, PREFIX)
  const runDir = await mkdtemp(join(parent, PREFIX))
  await lockDataDir(runDir)
  await mkdir(join(runDir, TEMPORARY))
  const password = randomBytes(12).toString('hex')
  const start = process.env['PHAROS_TEST_INFRA'] === 'containers' ? startTestContainers : startEmbeddedTestServers
  try {
    const servers = await start(runDir, password)
    return {
      natsUrl: `nats://test:${password}@${servers.natsAddress}`,
      databaseUrl: servers.databaseUrl,
      runDir,
      async stop() {
        await servers.stop()
        await remove(runDir)
      },
    }
  } catch (error) {
    await remove(runDir)
    throw error
  }
}

export function testServersEnv(servers: TestServers): NodeJS.ProcessEnv {
  return {
    PHAROS_TEST_NATS_URL: servers.natsUrl,
    PHAROS_TEST_DATABASE_URL: servers.databaseUrl,
    PHAROS_TEST_RUN_DIR: servers.runDir,
    // What a test makes for itself lies there too, and is gone with the run, whatever became of the test.
    TMPDIR: join(servers.runDir, TEMPORARY),
  }
}

function remove(dir: string): Promise<void> {
  return rm(dir, { recursive: true, force: true, maxRetries: 5 })
}
