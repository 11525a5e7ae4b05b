import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { testInstallation } from '../crash/installation.ts'
import { MASTER_KEY, SECRET_KEY } from '../crash/served-process.ts'
import { eventually } from '../support/infrastructure.ts'
import { scratchCommand } from './pharos-command.ts'

const uuid = '6f1c1c1e-0000-4000-8000-000000000001'
const WEATHER = fileURLToPath(new URL('../data/weather.csv', import.meta.resolve('vega-datasets')))

test('channels by the command line: register, list, show, import, tail, describe, retire', async (t) => {
  t.timeout(300_000)
  const installation = await testInstallation(t)
  const served = await installation.serve('http', 'commands', 'projections', 'telemetry')
  const { hostname, port } = new URL(served.api)
  const { natsUrl, databaseUrl } = installation
  const pharos = await scratchCommand(t, {
    NATS_URL: natsUrl,
    DATABASE_URL: databaseUrl,
    SECRET_KEY,
    MASTER_KEY,
    API_HOST: hostname,
    API_PORT: port,
  })
  const run = (...args: readonly string[]) => pharos.run(['channel', ...args])
  const untilTold = (args: readonly string[], pattern: RegExp) =>
    eventually(
      async () => {
        const { stdout } = await run(...args)
        return pattern.test(stdout) ? stdout : undefined
      },
      { timeoutMs: 60_000 },
    )

  const registered = await run('register', 'high_sea', '--uuid', uuid, '--unit', '°C', '--description', 'Daily high')
  t.regex(registered.stdout, /^accepted: channel\.registered/)
  t.regex((await run('register', 'x', '--uuid', uuid)).stderr, /channel_taken/)
  await untilTold(['list', '--search', 'dai'], new RegExp(`^${uuid} {2}high_sea +°C`))
  t.regex((await run('show', 'nothing')).stderr, /no channel is called "nothing"/)

  const column = ['--channel', 'high_sea', '--value', 'temp_max', '--where', 'location=Seattle']
  const imported = await run('import', WEATHER, ...column)
  t.is(imported.stdout, '1461 observations sent, 0 refused\n', imported.stderr)
  t.regex(await untilTold(['show', 'high_sea'], /2015-12-31/), /newest +5\.6 °C at 2015-12-31T00:00:00Z/)
  t.is(
    (await run('tail', 'high_sea', '--once', '-n', '2')).stdout,
    '2015-12-30T00:00:00Z  5.6 °C\n2015-12-31T00:00:00Z  5.6 °C\n',
  )
  const told = async (...args: readonly string[]) => (await run('import', ...args)).stderr
  const seattle = column.slice(0, 4)
  t.regex(await told(WEATHER, '--channel', 'high_sea', '--value', 'snow'), /^pharos: \S+ has no column "snow"\n$/)
  t.regex(await told(WEATHER, ...seattle, '--where', 'town=Seattle'), /^pharos: \S+ has no column "town"\n$/)
  t.regex(await told(WEATHER, ...seattle, '--where', 'Seattle'), /^pharos: --where must be <column>=<text>/)
  const half = join(pharos.dataDir, 'half.csv')
  await writeFile(half, 'date,temp_max\n"2026-01-01,1\n')
  t.regex(await told(half, ...seattle), /^pharos: \S+ cannot be read \(Quote Not Closed/)
  for (const none of ['none.csv', 'none.ndjson'])
    t.is(await told(none, ...seattle), `pharos: there is no file ${none}\n`)

  const lines = join(pharos.dataDir, 'lines.ndjson')
  const good = JSON.stringify({ stream: uuid, value: '7.50', observed_at: '2016-01-01T00:00:00Z' })
  await writeFile(lines, `${good}\nnot json\n`)
  const partly = await run('import', lines)
  t.is(partly.code, 1)
  t.is(partly.stdout, '1 observations sent, 1 refused\n  2: body must be JSON\n')
  await untilTold(['tail', uuid, '--once', '-n', '1'], /2016-01-01T00:00:00Z {2}7\.50 °C/)

  t.regex((await run('describe', uuid, '--unit', 'K', '--description', '')).stdout, /^accepted: channel\.described/)
  await untilTold(['show', uuid], /7\.50 K at/)
  t.regex((await run('retire', uuid)).stdout, /^accepted: channel\.retired/)
  t.regex((await run('import', lines)).stderr, /must be a channel that is not retired/)
  await untilTold(['list', '--retired'], /\(retired\)/)
})
