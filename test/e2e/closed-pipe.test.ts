import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { endOf, testInstallation } from '../crash/installation.ts'
import { postCommand } from '../crash/post-command.ts'
import { MASTER_KEY, SECRET_KEY } from '../crash/served-process.ts'
import { eventually } from '../support/infrastructure.ts'
import { scratchCommand } from './pharos-command.ts'

const MAIN = fileURLToPath(new URL('../../gateways/cli/main.ts', import.meta.url))
const channel = '6f1c1c1e-0000-4000-8000-000000000001'

/** What writes on and on, and what writes once: each is an installation's worth of lines that nobody reads. */
const COMMANDS: readonly (readonly string[])[] = [
  ['replay'],
  ['replay', '--json'],
  ['alias', 'ls'],
  ['alias', 'export'],
  ['alias', 'watch', '--after', 'POSITION'],
  ['alias', 'watch', '--json', '--after', 'POSITION'],
  ['audit', 'log'],
  ['audit', 'export'],
  ['channel', 'list'],
  ['channel', 'tail', channel],
  ['channel', 'tail', channel, '--json'],
  ['fleet', 'ls', 'companies'],
]

test('lines come through a pipe as they are told, and a reader that has had enough is no fault', async (t) => {
  t.timeout(300_000)
  const installation = await testInstallation(t)
  const { api } = await installation.serve('http', 'commands', 'projections', 'telemetry')
  const token = await installation.token()
  const { hostname, port } = new URL(api)
  const env = {
    NATS_URL: installation.natsUrl,
    DATABASE_URL: installation.databaseUrl,
    SECRET_KEY,
    MASTER_KEY,
    API_HOST: hostname,
    API_PORT: port,
  }
  const { dataDir } = await scratchCommand(t)
  const target = { kind: 'endpoint', url: 'https://example.com/1' }
  for (const name of ['one', 'two'])
    await postCommand(api, token, 'alias.register', { scope: { kind: 'global' }, name, target })
  await postCommand(api, token, 'channel.register', { channelId: channel, name: 'pressure' })
  await postCommand(api, token, 'company.register', { companyId: 'c1', name: 'Company' })
  const send = async (value: number): Promise<void> => {
    const body = JSON.stringify({ stream: channel, value: `${value}`, observed_at: 1704326400 + value })
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    // A channel that was registered just now is known to whoever takes observations soon.
    await eventually(async () => (await fetch(`${api}/api/v1/observation`, { method: 'POST', body, headers })).ok)
  }
  await send(1)
  // The commands ask the read model, which is a little behind.
  const headers = { authorization: `Bearer ${token}` }
  await eventually(async () => (await fetch(`${api}/api/channels/${channel}`, { headers })).ok, { timeoutMs: 60_000 })
  const start = (args: readonly string[]) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: { ...process.env, PHAROS_DATA_DIR: dataDir, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    t.teardown(() => child.kill('SIGKILL'))
    const told = { stdout: [] as string[], stderr: '' }
    child.stderr.setEncoding('utf8').on('data', (text: string) => (told.stderr += text))
    return { child, told }
  }

  // What was there, and then what comes, while the pipe stays open.
  for (const json of [[], ['--json']]) {
    const { child, told } = start(['channel', 'tail', 'pressure', ...json])
    createInterface({ input: child.stdout }).on('line', (line) => told.stdout.push(line))
    const has = (value: number) =>
      eventually(
        () => told.stdout.some((line) => line.endsWith(`Z  ${value}`) || line.includes(`"value":"${value}"`)),
        {
          timeoutMs: 60_000,
          what: `tail tells ${value}`,
        },
      )
    await has(1)
    const next = json.length === 0 ? 23 : 34
    await send(next)
    await has(next)
    child.kill('SIGINT')
    const [code] = (await once(child, 'exit')) as [number | null]
    t.is(code, 0, told.stderr)
    t.is(told.stderr, '')
  }

  const { epoch } = await (await installation.log()).head()
  t.truthy(await endOf(await installation.log()))
  for (const args of COMMANDS) {
    const { child, told } = start(args.map((arg) => arg.replace('POSITION', `${epoch}-0`)))
    child.stdout.destroy()
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
    const what = `pharos ${args.join(' ')}`
    t.deepEqual([code, signal], [0, null], `${what}: ${told.stderr}`)
    t.notRegex(told.stderr, /EPIPE|\bat .*\.ts:|pharos: /, what)
  }
})
