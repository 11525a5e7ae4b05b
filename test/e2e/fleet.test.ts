import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { testInstallation } from '../crash/installation.ts'
import { MASTER_KEY, SECRET_KEY } from '../crash/served-process.ts'
import { eventually } from '../support/infrastructure.ts'
import { scratchCommand } from './pharos-command.ts'

test('the fleet by the command line: register, link, look, move, import', async (t) => {
  t.timeout(300_000)
  const installation = await testInstallation(t)
  await installation.serve('http', 'commands', 'projections')
  const { natsUrl, databaseUrl } = installation
  const pharos = await scratchCommand(t, { NATS_URL: natsUrl, DATABASE_URL: databaseUrl, SECRET_KEY, MASTER_KEY })
  const run = (...args: readonly string[]) => pharos.run(args)
  const accepted = async (...args: readonly string[]): Promise<void> => {
    const { stdout, stderr } = await run(...args)
    t.regex(stdout, /^accepted/, stderr)
  }
  /** The read model is behind the log by a moment. */
  const untilTold = (args: readonly string[], pattern: RegExp) =>
    eventually(async () => pattern.test((await run(...args)).stdout), { timeoutMs: 60_000 })

  await accepted('fleet', 'register', 'company', 'acme', '--name', 'Acme')
  await accepted('fleet', 'register', 'location', 'l1', '--company', 'acme', '--name', 'Pier', '--longitude', '-122.33')
  await accepted('device', 'register', 'd1', '48-B0-2D-E9-C3-B7', '--location', 'l1')
  const refused = await run('fleet', 'rm', 'location', 'l1')
  t.is(refused.code, 1)
  t.regex(refused.stderr, /rejected \(location_in_use\): the location "l1" still has devices/)

  const dir = pharos.dataDir
  await writeFile(join(dir, 'groups.csv'), 'group_id,company_id,name\ng1,acme,Night\n')
  await writeFile(join(dir, 'users.csv'), 'user_id,company_id,name\nu1,acme,Ann\nu2,nobody,Bob\n')
  await writeFile(join(dir, 'group_users.csv'), 'group_id,user_id\ng1,u1\n')
  await writeFile(join(dir, 'location_groups.csv'), 'group_id,location_id\ng1,l1\n')
  const dry = await run('fleet', 'import', dir, '--dry-run')
  t.regex(dry.stderr, /users line 3: there is no company "nobody" \(company_not_found\)/)
  t.regex(dry.stdout, /^users +would be 1 added, 1 refused$/m)
  const imported = await run('fleet', 'import', dir)
  t.is(imported.code, 0, imported.stderr)
  t.regex(imported.stdout, /^group_users +1 added$/m)

  await untilTold(['device', 'sees', 'd1'], /users +1$/m)
  t.regex((await run('fleet', 'ls', 'users', '--seen-by', 'd1')).stdout, /^u1 +Ann +acme/)
  t.like(JSON.parse((await run('device', 'show', 'd1', '--json')).stdout), {
    mac: '48:b0:2d:e9:c3:b7',
    locationId: 'l1',
  })
  t.regex((await run('device', 'list', '--mac', '48b0.2de9.c3b7')).stdout, /^d1 /)
  await accepted('device', 'decommission', 'd1')
  const none = await run('fleet', 'show', 'location', 'nowhere')
  t.deepEqual([none.code, none.stderr], [1, 'pharos: no such location\n'])
})
