import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import test from 'ava'
import { withinTime } from '../../gateways/within-time.ts'
import { weatherCommands } from '../../infra/sample/weather-channels.ts'
import { airports } from '../../infra/sample/airports.ts'
import { sampleCommands } from '../../infra/sample/sample-commands.ts'
import { eventually } from '../support/infrastructure.ts'
import { scratchCommand } from './pharos-command.ts'

interface Summary {
  readonly sample: { readonly commands: number } | null
  readonly aliases: { readonly total: number; readonly active: number }
  readonly events: number
  readonly projectors: readonly { readonly name: string; readonly state: string; readonly lagEvents: number }[]
  readonly index: { readonly before: number; readonly after: number } | null
  readonly channels: readonly Readonly<Record<'scope' | 'alias' | 'value' | 'unit' | 'at', string>>[]
  readonly resolved: readonly { readonly level: string; readonly answer: string }[]
  readonly devices: {
    readonly reached: readonly string[]
    readonly devices: readonly { readonly deviceId: string; readonly isSame: boolean; readonly rows: number }[]
  } | null
  readonly inMemory: readonly { readonly answer: string | null; readonly ns: number }[]
}

/** Names that the weather's channels are given. */
const WEATHER = [...weatherCommands()].filter(({ type }) => type === 'alias.register').length

/** A start that is not about the sample need not load all of it. */
const FEW = ['--sites', '20'] as const
/** Enough for a load to be cut off in the midst of it. */
const SOME_SITES = 1_000
const SOME = ['--sites', String(SOME_SITES)] as const
const EXPECTED_WEATHER = [
  'node:SEA/tower Primary_Sensor: 3.8 m/s at 2010-01-23T11:00:00',
  'node:SEA/tower Temperature: 6.1 °C at 2010-01-23T11:00:00',
  'node:SEA/tower Air_Pressure: 1018.1 hPa at 2010-01-23T11:00:00',
  'site:SEA Daily_High: 9.4 °C at 2012-03-30T00:00:00',
  'site:JFK Daily_High: 12.2 °C at 2012-03-30T00:00:00',
]

test.serial('the tour, twice: the first start loads the sample, the second finds the data as it was', async (t) => {
  t.timeout(330_000)
  const pharos = await scratchCommand(t)
  const sample = [...sampleCommands(await airports())].length
  const first = await pharos.run(['up', '--once', '--json'])
  t.is(first.code, 0, first.stderr)
  const told = JSON.parse(first.stdout) as Summary
  t.like(told, { sample: { commands: sample }, aliases: { total: sample + WEATHER, active: sample + WEATHER } })
  t.true(told.events > sample, 'the versions of the index are events too')
  for (const name of ['aliases', 'alias_index'])
    t.like(
      told.projectors.find((projector) => projector.name === name),
      { state: 'live', lagEvents: 0 },
    )
  t.true((told.index?.before ?? 0) > 0 && (told.index?.after ?? 0) > (told.index?.before ?? 0))
  t.deepEqual(
    told.resolved.map(({ level, answer }) => [level, answer]),
    expectedAnswers(await airports()),
  )
  t.deepEqual(
    told.inMemory.map(({ answer }) => answer),
    told.resolved.map(({ answer }) => answer),
  )
  t.true(told.inMemory.every(({ ns }) => ns > 0))
  t.deepEqual(told.devices?.reached, ['jetson-sea'], 'the one device that sees who was changed')
  t.deepEqual(
    told.devices?.devices.map(({ deviceId, isSame }) => [deviceId, isSame]),
    [
      ['jetson-sea', true],
      ['jetson-sfo', true],
    ],
  )
  // The 90th day of the weather, under its names.
  t.deepEqual(
    told.channels.map(({ scope, alias, value, unit, at }) => `${scope} ${alias}: ${value} ${unit} at ${at}`),
    EXPECTED_WEATHER,
  )
  t.deepEqual(
    (await pharos.servers()).map(({ isRunning }) => isRunning),
    [false, false],
  )

  const second = await pharos.run(['up', '--once', '--json'])
  t.is(second.code, 0, second.stderr)
  const again = JSON.parse(second.stdout) as Summary
  t.like(again, { sample: null, aliases: told.aliases })
  t.is(again.events, told.events + 3, 'the changes of the tour, and the version of one')
  t.deepEqual(again.devices?.reached, ['jetson-sea'])
  t.is(again.index?.before, told.index?.after)
  t.deepEqual(
    again.resolved.map(({ answer }) => answer),
    told.resolved.map(({ answer }) => answer),
  )
})

test.serial('token prints a token and nothing else', async (t) => {
  const pharos = await scratchCommand(t)
  const { code, stdout, stderr } = await pharos.run(['token', '--role', 'admin'])
  t.is(code, 0)
  t.regex(stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  t.is(stderr, '')
  const asJson = await pharos.run(['token', '--role', 'operator', '--ttl', '60', '--json'])
  t.like(JSON.parse(asJson.stdout), { expiresIn: 60 })
})

test.serial('a taken port is named, and no server is left behind', async (t) => {
  t.timeout(300_000)
  const pharos = await scratchCommand(t)
  const blocker = createServer().listen(0, '127.0.0.1')
  await once(blocker, 'listening')
  t.teardown(() => void blocker.close())
  const { port } = blocker.address() as AddressInfo
  const { code, stdout, stderr } = await pharos.run(['up', '--once', '--json', ...FEW], { API_PORT: String(port) })
  t.is(code, 1)
  t.is(stdout, '')
  t.regex(stderr, new RegExp(`pharos: port ${port} of 127.0.0.1 is taken: .+API_PORT`))
  t.notRegex(stderr, /^\s+at /m)
  await eventually(async () => (await pharos.servers()).every(({ isRunning }) => !isRunning))
})

test.serial(
  'what a killed run leaves is taken over; a second one in the same place is refused; Ctrl-C ends everything',
  async (t) => {
    t.timeout(330_000)
    const pharos = await scratchCommand(t)
    const killed = await pharos.up(FEW)
    const before = await pharos.servers()
    t.true(before.every(({ isRunning }) => isRunning))

    const refused = await pharos.run(['up', '--once', '--json'])
    t.is(refused.code, 1)
    t.true(refused.stderr.includes(`is in use by process ${killed.pid}`), refused.stderr)

    await killed.kill('SIGKILL')
    t.deepEqual(await pharos.servers(), before, 'the servers outlive what started them')

    const next = await pharos.up()
    t.deepEqual(await pharos.servers(), before, 'the same servers, taken over')
    t.is((await fetch(`${next.api}/healthz`)).status, 200)

    process.kill(next.pid, 'SIGINT')
    t.deepEqual(await withinTime(next.ended, 60_000), {
      code: 0,
      signal: null,
    })
    t.true(next.lines.some((line) => /draining/.test(line)))
    t.true((await pharos.servers()).every(({ isRunning }) => !isRunning))
  },
)

test.serial(
  'a server that dies under a running platform is started again; one that keeps dying ends it with an error',
  async (t) => {
    t.timeout(300_000)
    const pharos = await scratchCommand(t)
    const up = await pharos.up(FEW)
    const [nats] = await pharos.servers()
    process.kill(nats?.pid ?? 0, 'SIGKILL')
    await up.line(/^pharos: the embedded nats-server runs again/)
    await eventually(async () => (await fetch(`${up.api}/readyz`)).status === 200, { timeoutMs: 60_000 })

    const ended = new Set<number>()
    const killing = eventually(
      async () => {
        const [server] = await pharos.servers()
        if (server?.isRunning === true && !ended.has(server.pid)) process.kill(server.pid, 'SIGKILL')
        ended.add(server?.pid ?? 0)
        return up.lines.some((line) => line.includes('ended 4 times within a minute'))
      },
      { timeoutMs: 120_000 },
    )
    t.deepEqual(await withinTime(up.ended, 150_000), { code: 1, signal: null })
    await killing
    t.true(
      (await pharos.servers()).every(({ isRunning }) => !isRunning),
      'the other one is stopped',
    )
  },
)

test.serial(
  'Ctrl-C in the midst of the first load leaves nothing running, and the next start finishes it',
  async (t) => {
    t.timeout(330_000)
    const pharos = await scratchCommand(t)
    const cut = await pharos.upTo(/ {2}sample .* 20 %/, SOME)
    process.kill(cut.pid, 'SIGINT')
    const ended = await withinTime(cut.ended, 60_000)
    t.is(ended?.signal, null, cut.lines.join('\n'))
    t.true((await pharos.servers()).every(({ isRunning }) => !isRunning))

    const next = await pharos.run(['up', '--once', '--json', ...SOME])
    t.is(next.code, 0, next.stderr)
    const told = JSON.parse(next.stdout) as Summary
    t.true((told.sample?.commands ?? 0) > SOME_SITES)
    t.is(told.aliases.total, (told.sample?.commands ?? 0) + WEATHER)
  },
)

/** What the sample says that the four questions of the tour mean. */
function expectedAnswers(sites: Awaited<ReturnType<typeof airports>>): readonly (readonly [string, string])[] {
  const commands = [...sampleCommands(sites)]
  const answer = (scope: object, name: string): string => {
    const wanted = JSON.stringify([scope, name])
    const found = commands.find(({ data }) => JSON.stringify([data.scope, data.name]) === wanted)?.data.target
    return found === undefined ? '' : found.kind === 'channel' ? found.channelId : found.url
  }
  return [
    ['node', answer({ kind: 'node', site: 'SEA', node: 'tower' }, 'Primary_Sensor')],
    ['site', answer({ kind: 'site', site: 'SEA' }, 'Main_Power_Feed')],
    ['global', answer({ kind: 'global' }, 'Master_Clock')],
    ['context', answer({ kind: 'context', context: 'frontend' }, 'user_profile')],
  ]
}
