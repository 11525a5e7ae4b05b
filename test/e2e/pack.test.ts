import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { issueToken } from '../../gateways/authentication/issue-token.ts'
import { A } from '../gateways/alias-client.ts'
import { AliasIndexPublisher } from '../gateways/alias-index-publisher.ts'
import { AliasIndexPointers } from '../../infra/jetstream/alias-index-pointers.ts'
import { eventually, startProcess, testDatabase, testNats } from '../support/infrastructure.ts'
import { isDone } from '../support/is-done.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const SECRET_KEY = 'a secret of this test only, 32 bytes and more'

/** What the README tells users to write. */
const SCRIPT = `
import { connectPharos } from 'pharos'

const { host, username: user, password: pass } = new URL(process.env.NATS_URL)
const pharos = await connectPharos({ servers: host, token: process.env.TOKEN, natsOptions: { user, pass } })
const result = await pharos.command('alias.register', {
  scope: { kind: 'global' },
  name: 'Main_Power_Feed',
  target: { kind: 'channel', channelId: '3f0c2d7e-6d1b-4f0e-9a53-0d6f7a1b2c3d' },
})
await pharos.close()
console.log(JSON.stringify(result))
`

/** And how names are resolved, here as of the index that the test publishes. */
const RESOLVE = `
import { connectPharos } from 'pharos'

const { host, username: user, password: pass } = new URL(process.env.NATS_URL)
const pharos = await connectPharos({ servers: host, token: 'none', natsOptions: { user, pass } })
const aliases = pharos.aliases.bind({ site: 'KSEA', node: 'gate-4' })
await aliases.ready({ timeoutMs: 60_000 })
console.log(JSON.stringify(aliases.resolve('main_power_FEED')))
await pharos.close()
`

const CHANNEL = '6f1c1c1e-0000-4000-8000-000000000001'
const EDGE = `
import { openStore } from 'pharos/edge'
const { streams } = await openStore({ kind: 'sqlite', file: 'engine.db' })
await streams.upsertStream({ uuid: '${CHANNEL}', name: 'bitcoin' })
console.log(JSON.stringify(await streams.getStreamByName('bitcoin')))
await streams[Symbol.asyncDispose]()
`

test('the package installs into an empty project, and its command and its client work there', async (t) => {
  t.timeout(600_000)
  const scratch = await mkdtemp(join(tmpdir(), 'pharos-pack-'))
  t.teardown(() => rm(scratch, { recursive: true, force: true, maxRetries: 5 }))
  const project = join(scratch, 'project')
  await mkdir(project)
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'project', private: true, type: 'module' }))
  await writeFile(join(project, 'register.js'), SCRIPT)
  await writeFile(join(project, 'resolve.js'), RESOLVE)
  await writeFile(join(project, 'edge.js'), EDGE)

  const tarball = await pack(scratch)
  await npm(
    project,
    'install',
    tarball,
    '--prefer-offline',
    '--ignore-scripts',
    '--omit=dev',
    '--no-audit',
    '--no-fund',
  )

  const help = await run('npx', ['--no-install', 'pharos', '--help'], { cwd: project, timeout: 120_000 })
  t.regex(help.stdout, /^Usage: pharos/)

  const nats = await testNats(t)
  const env = {
    NATS_URL: nats.url,
    DATABASE_URL: (await testDatabase(t)).url,
    SECRET_KEY,
    MASTER_KEY: SECRET_KEY,
    API_PORT: '0',
  }
  await startProcess({
    file: join(project, 'node_modules/pharos/dist/gateways/cli/main.js'),
    args: ['up'],
    env: { ...env, PHAROS_DATA_DIR: join(scratch, 'data') },
    waitFor: /ready/i,
  })
  const script = await run(process.execPath, ['register.js'], {
    cwd: project,
    env: { ...process.env, ...env, TOKEN: await token() },
    timeout: 120_000,
  })
  t.true(isDone(JSON.parse(script.stdout) as { status: string }))

  // Its chain is made in a thread, which starts from another file.
  const pharos = join(project, 'node_modules/.bin/pharos')
  const verified = await eventually(async () => {
    const { stdout } = await run(process.execPath, [pharos, 'audit', 'verify', '--json'], {
      cwd: project,
      env: { ...process.env, ...env },
      timeout: 120_000,
    })
    const [events] = JSON.parse(stdout) as { status: string; entries: number }[]
    return events?.entries === 0 ? undefined : events
  })
  t.is(verified.status, 'intact')

  // The platform's own publisher has begun when this name is published; it takes back then what it knows nothing of.
  const connection = await nats.connect()
  const pointers = await AliasIndexPointers.open(connection)
  await eventually(() => pointers.read('global'), { timeoutMs: 60_000 })
  // A site of which the platform knows nothing, so that nobody else publishes it.
  const site = await AliasIndexPublisher.open(connection, { kind: 'site', site: 'KSEA' })
  await site.base([{ node: 'gate-4', name: 'Main_Power_Feed', target: A }])
  const options = { cwd: project, env: { ...process.env, ...env }, timeout: 120_000 }
  const kept = await run(process.execPath, ['edge.js'], options)
  t.like(JSON.parse(kept.stdout), { uuid: CHANNEL, name: 'bitcoin' })
  const resolved = await run(process.execPath, ['resolve.js'], options)
  t.like(JSON.parse(resolved.stdout), { name: 'Main_Power_Feed', target: A, scope: { kind: 'node' } })
})

/** Builds and packs; answers the path of the tarball. */
async function pack(scratch: string): Promise<string> {
  const output = await npm(root, 'pack', '--json', '--pack-destination', scratch)
  const name = /"filename": "(.+\.tgz)"/.exec(output)?.[1]
  if (name === undefined) throw new Error(`npm pack names no file: ${output}`)
  return join(scratch, name)
}

async function npm(cwd: string, ...args: string[]): Promise<string> {
  return (await run('npm', args, { cwd, timeout: 500_000 })).stdout
}

function token(): Promise<string> {
  return issueToken(new TextEncoder().encode(SECRET_KEY), {
    sub: 'pack-test',
    roles: ['admin'],
    ttlSeconds: 600,
    issuer: 'pharos',
    audience: 'pharos',
    at: Date.now(),
  })
}
