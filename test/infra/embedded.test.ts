import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { type NatsConnection, connect } from '@nats-io/transport-node'
import test, { type ExecutionContext } from 'ava'
import pg from 'pg'
import { DataDirLocked } from '../../infra/embedded/data-dir-lock.ts'
import { startEmbeddedNats } from '../../infra/embedded/embedded-nats.ts'
import { startEmbeddedPostgres } from '../../infra/embedded/embedded-postgres.ts'
import { type Infrastructure, startInfrastructure } from '../../infra/embedded/embedded-infrastructure.ts'
import { endProcess } from '../../infra/embedded/end-process.ts'
import { goRuntime } from '../../infra/embedded/go-runtime.ts'
import { findNatsServer } from '../../infra/embedded/nats-server-binary.ts'
import { processCommandLine } from '../../infra/embedded/process-command-line.ts'
import { natsConnectOptions } from '../../infra/nats/nats-connect-options.ts'
import type { ServerReport } from '../../infra/embedded/supervise-server.ts'
import { eventually, startProcess } from '../support/infrastructure.ts'

test('a restart finds the data', async (t) => {
  const dataDir = await scratch(t)
  const first = await start(t, dataDir)
  await write(first)
  if (process.platform === 'linux') {
    const environment = await readFile(`/proc/${first.embedded.nats?.pid}/environ`, 'utf8')
    for (const [name, value] of Object.entries(goRuntime())) t.true(environment.includes(`${name}=${value}\0`))
  }
  await first.stop()
  t.is(await processCommandLine(first.embedded.nats?.pid ?? 0), undefined)
  t.is(await processCommandLine(first.embedded.postgres?.pid ?? 0), undefined)

  const second = await start(t, dataDir)
  t.deepEqual(await read(second), { messages: 1, rows: 1 })
})

test('a data directory in use is refused, naming the process that uses it', async (t) => {
  const dataDir = await scratch(t)
  const owner = await startOwner(dataDir)
  const error = await t.throwsAsync(startInfrastructure({ dataDir }), { instanceOf: DataDirLocked })
  t.is(error.pid, owner.pid)
  t.true(error.message.includes(`${dataDir} is in use by process ${owner.pid}`), error.message)
  await owner.kill('SIGTERM')
})

test('what a killed run left running is taken over, data and all', async (t) => {
  const dataDir = await scratch(t)
  const owner = await startOwner(dataDir)
  const [, nats, postgres] = (await owner.line(/^ready /)).split(' ').map(Number)
  await owner.kill('SIGKILL')

  const next = await start(t, dataDir)
  t.like(next.embedded, { nats: { pid: nats, reused: true }, postgres: { pid: postgres, reused: true } })
  await write(next)
  t.deepEqual(await read(next), { messages: 1, rows: 1 })
})

test('orphans that are configured otherwise are ended and replaced', async (t) => {
  const dataDir = await scratch(t)
  const [oldNats, oldPostgres] = await Promise.all([
    startEmbeddedNats({ dataDir: join(dataDir, 'nats'), durable: false }),
    startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres'), durable: false }),
  ])
  const next = await start(t, dataDir)
  t.like(next.embedded, { nats: { reused: false }, postgres: { reused: false } })
  t.is(await processCommandLine(oldNats.pid), undefined)
  t.is(await processCommandLine(oldPostgres.pid), undefined)
})

test('servers that were killed start again with their data', async (t) => {
  const dataDir = await scratch(t)
  const first = await start(t, dataDir)
  await write(first)
  const pids = [first.embedded.nats?.pid ?? 0, first.embedded.postgres?.pid ?? 0]
  await Promise.all(pids.map((pid) => endProcess(pid, { signal: 'SIGKILL', timeoutMs: 30_000 })))
  await first.stop()
  t.deepEqual(await read(await start(t, dataDir)), { messages: 1, rows: 1 })
})

test.serial('a server that is killed while it is in use runs again where it was, and somebody is told', async (t) => {
  t.timeout(300_000)
  const reports: ServerReport[] = []
  const running = await start(t, await scratch(t), (report) => reports.push(report))
  await write(running)
  const before = { nats: running.embedded.nats?.pid ?? 0, postgres: running.embedded.postgres?.pid ?? 0 }
  for (const pid of Object.values(before)) process.kill(pid, 'SIGKILL')
  await eventually(() => reports.filter(({ state }) => state === 'running').length === 2, { timeoutMs: 60_000 })
  t.deepEqual(await read(running), { messages: 1, rows: 1 }, 'at the same addresses')
  t.not(running.embedded.nats?.pid, before.nats)
  t.not(running.embedded.postgres?.pid, before.postgres)
  const [died] = reports
  t.is(died?.state, 'died')
  t.regex(
    died?.message ?? '',
    /^the embedded (nats-server|postgres) \(process \d+\) has ended.*starting it again.*\.log\)$/,
  )
  await running.stop()
  t.is(await processCommandLine(running.embedded.nats?.pid ?? 0), undefined)
  t.is(await processCommandLine(running.embedded.postgres?.pid ?? 0), undefined)
})

test.serial('a server that keeps dying is given up, and a stop is no death', async (t) => {
  t.timeout(300_000)
  const reports: ServerReport[] = []
  const running = await start(t, await scratch(t), (report) => reports.push(report))
  const ended = new Set<number>()
  await eventually(
    () => {
      const { pid = 0 } = running.embedded.nats ?? {}
      if (!ended.has(pid)) process.kill(pid, 'SIGKILL')
      ended.add(pid)
      return reports.some(({ state }) => state === 'lost')
    },
    { timeoutMs: 60_000 },
  )
  t.is(reports.filter(({ state }) => state === 'running').length, 3)
  t.regex(reports.at(-1)?.message ?? '', /nats-server ended 4 times within a minute/)
  await running.stop()
  t.true(reports.every(({ server }) => server === 'the embedded nats-server'))
})

test('NATS collects its garbage seldom where there is memory for it, and the environment does not say otherwise', (t) => {
  const GIB = 2 ** 30
  t.deepEqual(goRuntime({}, 8 * GIB), { GOGC: '400', GOMEMLIMIT: '4096MiB' })
  t.deepEqual(goRuntime({ GOGC: '', GOMEMLIMIT: '' }, 8 * GIB), { GOGC: '400', GOMEMLIMIT: '4096MiB' })
  t.deepEqual(goRuntime({}, 2 * GIB), {})
  t.deepEqual(goRuntime({ GOGC: 'off' }, 8 * GIB), {})
  t.deepEqual(goRuntime({ GOMEMLIMIT: '1GiB' }, 8 * GIB), {})
})

test('nobody gets in without the password of this data directory', async (t) => {
  const { natsUrl, databaseUrl } = await start(t, await scratch(t))
  await t.throwsAsync(connect({ servers: new URL(natsUrl).host, reconnect: false }), { message: /authorization/i })
  const stranger = new pg.Client({ connectionString: databaseUrl.replace(/:[^:@]+@/, ':wrong@') })
  await t.throwsAsync(stranger.connect(), { message: /password authentication failed/ })
})

test('a taken port is named', async (t) => {
  const dataDir = await scratch(t)
  const blocker = createServer().listen(0, '127.0.0.1')
  await once(blocker, 'listening')
  const address = blocker.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  for (const ports of [{ natsPort: port }, { postgresPort: port }]) {
    const error = await t.throwsAsync(startInfrastructure({ dataDir, ...ports }))
    t.regex(error.message, new RegExp(`port ${port} of 127.0.0.1, meant for the embedded .+, is taken`))
  }
  blocker.close()
  // Neither failure left anything behind: not the lock, not the other server.
  const next = await start(t, dataDir)
  t.like(next.embedded, { nats: { reused: false }, postgres: { reused: false } })
})

test('servers that run already are used as they are', async (t) => {
  const given = { natsUrl: 'nats://nats.example:4222', databaseUrl: 'postgres://db.example/pharos' }
  const infrastructure = await startInfrastructure({ dataDir: '/nonexistent', ...given })
  t.like(infrastructure, given)
  await infrastructure.stop()
})

test('NATS_SERVER_BIN is used or refused, never replaced by another', async (t) => {
  const missing = findNatsServer({ env: { ...process.env, NATS_SERVER_BIN: '/nonexistent/nats-server' } })
  await t.throwsAsync(missing, { message: /NATS_SERVER_BIN=\/nonexistent\/nats-server must be .+; there is nothing/ })
  const other = findNatsServer({ env: { ...process.env, NATS_SERVER_BIN: process.execPath } })
  await t.throwsAsync(other, { message: /there is something else/ })
})

test('a nats-server that cannot be had says what was tried and what to do', async (t) => {
  const dir = await scratch(t)
  const env = { XDG_CACHE_HOME: dir, PATH: dir, NATS_SERVER_BASE_URL: 'http://127.0.0.1:9' }
  const error = await t.throwsAsync(findNatsServer({ env }))
  for (const part of ['cache and PATH', 'GitHub release', 'apt', 'NATS_SERVER_BIN', 'NATS_URL']) {
    t.true(error.message.includes(part), error.message)
  }
})

/** A process that starts both servers, says their pids, and stops them on SIGTERM. */
function startOwner(dataDir: string): ReturnType<typeof startProcess> {
  return startProcess({
    file: new URL('infrastructure-owner.ts', import.meta.url),
    args: [dataDir],
    waitFor: /^ready /,
    // All tests of this file start servers at the same moment.
    timeoutMs: 60_000,
  })
}

async function start(
  t: ExecutionContext,
  dataDir: string,
  onServer?: (report: ServerReport) => void,
): Promise<Infrastructure> {
  const infrastructure = await startInfrastructure({ dataDir, onServer })
  t.teardown(() => infrastructure.stop())
  return infrastructure
}

async function scratch(t: ExecutionContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'pharos-embedded-'))
  t.teardown(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }))
  return dir
}

async function write({ natsUrl, databaseUrl }: Infrastructure): Promise<void> {
  await usingNats(natsUrl, async (connection) => {
    await (await jetstreamManager(connection)).streams.add({ name: 'S', subjects: ['s'] })
    await jetstream(connection).publish('s', 'kept')
  })
  await usingPostgres(databaseUrl, (client) => client.query('create table kept as select 1 as row'))
}

async function read({ natsUrl, databaseUrl }: Infrastructure): Promise<{ messages: number; rows: number }> {
  const info = await usingNats(natsUrl, async (connection) => (await jetstreamManager(connection)).streams.info('S'))
  const rows = await usingPostgres(databaseUrl, async (client) => (await client.query('select row from kept')).rows)
  return { messages: info.state.messages, rows: rows.length }
}

async function usingNats<Result>(url: string, use: (connection: NatsConnection) => Promise<Result>): Promise<Result> {
  const connection = await connect(natsConnectOptions(url))
  try {
    return await use(connection)
  } finally {
    await connection.close()
  }
}

async function usingPostgres<Result>(url: string, use: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}
