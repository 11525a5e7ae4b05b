import { readFile, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { testInstallation } from '../crash/installation.ts'
import { MASTER_KEY, SECRET_KEY } from '../crash/served-process.ts'
import { eventually } from '../support/infrastructure.ts'
import { scratchCommand } from './pharos-command.ts'

const channel = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

test('aliases by the command line: set, find, import, export, rollback, and a job given up', async (t) => {
  t.timeout(300_000)
  const installation = await testInstallation(t)
  const served = await installation.serve('http', 'commands', 'projections')
  const { hostname, port } = new URL(served.api)
  const { natsUrl, databaseUrl } = installation
  const env = {
    NATS_URL: natsUrl,
    DATABASE_URL: databaseUrl,
    SECRET_KEY,
    MASTER_KEY,
    API_HOST: hostname,
    API_PORT: port,
  }
  const pharos = await scratchCommand(t, env)
  const run = (...args: readonly string[]) => pharos.run(['alias', ...args])
  /** The read model is behind the log by a moment. */
  const untilTold = (args: readonly string[], pattern: RegExp) =>
    eventually(async () => pattern.test((await run(...args)).stdout), { timeoutMs: 60_000 })
  const path = (name: string): string => join(pharos.dataDir, name)

  const watch = await pharos.start(['alias', 'watch', '--scope', 'site:KSEA'], /^watching site:KSEA$/)
  t.regex((await run('set', 'Feed', channel(1), '--scope', 'site:KSEA')).stdout, /^accepted: alias\.registered/)
  t.regex((await run('set', 'feed', channel(2), '--scope', 'site:KSEA')).stdout, /^accepted: alias\.retargeted/)
  const position = Number(
    /position \S+-(\d+)/.exec((await run('set', 'feed', channel(3), '--scope', 'site:KSEA')).stdout)?.[1],
  )

  t.regex(await watch.line(/retargeted/, 60_000), / site:KSEA +Feed +retargeted → \S+0002 {2}by /)
  t.regex(watch.lines.join('\n'), / site:KSEA +Feed +registered → \S+0001 {2}by /)
  await watch.kill('SIGINT')

  await writeFile(
    path('more.csv'),
    `scope,name,target\nsite:KSEA,Feed,${channel(9)}\nnode:KSEA/gate%2F4,🚀 *>: x,https://example.com/\nsite:KSEA,,${channel(4)}\n`,
  )
  const stopped = await run('import', path('more.csv'))
  t.is(stopped.code, 1)
  t.regex(stopped.stderr, /line 4: name: a name must not be empty.* \(invalid_line\)/)
  t.regex(stopped.stderr, /pharos: refused: 1 of 3 lines are bad/)
  const dry = await run('import', path('more.csv'), '--on-bad-line', 'skip', '--dry-run')
  t.regex(dry.stderr, /~ site:KSEA Feed {2}\(retarget\)/)
  t.regex(dry.stderr, /\+ node:KSEA\/gate%2F4 🚀 \*>: x/)
  t.is(dry.stdout, 'would be: 1 added, 1 changed, 1 refused\n')
  const imported = await run('import', path('more.csv'), '--on-bad-line', 'skip')
  t.is(imported.stdout, '1 added, 1 changed, 1 refused\n', imported.stderr)
  t.regex(imported.stderr, /^job [0-9A-Z]{26}$/m)

  await untilTold(['find', '🚀'], /🚀/)
  t.regex((await run('find', channel(9))).stdout, /site:KSEA +Feed/)
  t.is((await run('export', path('all.csv'))).code, 0)
  t.is(
    await readFile(path('all.csv'), 'utf8'),
    'scope,name,target,owner,description,metadata,enabled,expires_at\r\n' +
      `node:KSEA/gate%2F4,🚀 *>: x,https://example.com/,${userInfo().username},,,true,never\r\n` +
      `site:KSEA,Feed,${channel(9)},${userInfo().username},,,true,never\r\n`,
  )
  t.is((await run('import', path('all.csv'))).stdout, '0 added, 2 unchanged\n')

  const back = await run('rollback', '--scope', 'site:KSEA', '--to-position', String(position))
  t.is(back.stdout, '0 added, 1 changed, 1 removed\n', back.stderr)
  await untilTold(['resolve', 'feed', '--from', 'site:KSEA'], new RegExp(channel(3)))
  t.regex((await run('give-up', '01JZ0000000000000000000001')).stderr, /there is no job/)
})
