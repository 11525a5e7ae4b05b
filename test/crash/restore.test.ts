import test, { type ExecutionContext } from 'ava'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MasterKeys } from '../../commands/personal/master-keys.ts'
import { backUp } from '../../infra/backup/back-up.ts'
import { restore } from '../../infra/backup/restore.ts'
import { streams } from '../../infra/streams.ts'
import { rebuildAll } from '../../gateways/cli/platform/rebuild-all.ts'
import { connectNats } from '../../gateways/cli/platform/connect-nats.ts'
import { formatPosition, parsePosition } from '../../schemas/position.ts'
import { SseReader } from '../gateways/sse-reader.ts'
import { afterTests, eventually, startProcess, testNats } from '../support/infrastructure.ts'
import { compareWithReplay, Installation, testInstallation } from './installation.ts'
import { askHttp, postCommand } from './post-command.ts'
import { MASTER_KEY, SECRET_KEY } from './served-process.ts'

const MAIN = fileURLToPath(new URL('../../gateways/cli/main.ts', import.meta.url))
const masterKeys = new MasterKeys([MASTER_KEY])
const signal = AbortSignal.timeout(240_000)
const target = { kind: 'endpoint', url: 'https://api.example.com/v1' }
const globally = { kind: 'global' }

async function scratch(): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'pharos-backup-'))
  afterTests(() => rm(parent, { recursive: true, force: true }))
  return join(parent, 'backup')
}

async function connection({ natsUrl }: Installation) {
  const nats = await connectNats(natsUrl, 'restore test')
  afterTests(() => nats.close())
  return nats
}

/** Sends commands to one process and reads its aliases. */
async function talk(t: ExecutionContext, at: Installation, api: string) {
  const token = await at.token()
  return {
    token,
    send: (type: string, data: object, commandId?: string) => postCommand(api, token, type, data, commandId),
    register: async (name: string, commandId?: string) => {
      const { status, body } = await postCommand(
        api,
        token,
        'alias.register',
        { scope: globally, name, target },
        commandId,
      )
      t.is(status, 200, JSON.stringify(body))
      return { status: body['status'], position: String(body['position']) }
    },
    names: async (minPosition: string) => {
      const headers = { 'pharos-min-position': minPosition }
      const { status, body } = await askHttp(`${api}/api/aliases`, token, { headers })
      t.is(status, 200, JSON.stringify(body))
      return (body['aliases'] as readonly { name: string }[]).map(({ name }) => name)
    },
    resolve: (name: string, headers: Record<string, string>) =>
      askHttp(`${api}/api/aliases/resolve/global/${name}`, token, { headers }),
    ready: () => askHttp(`${api}/readyz`, token),
  }
}

test.serial(
  'yesterday is restored into a fresh NATS under tables that are ahead of it, and life goes on',
  async (t) => {
    t.timeout(300_000)
    const today = await testInstallation(t)
    const process = await today.serve('http', 'commands', 'projections')
    const before = await talk(t, today, process.api)
    const ids = ['01K9Z0000000000000000000B1', '01K9Z0000000000000000000B2'] as const
    await before.register('kept', ids[0])
    await before.send('alias.retarget', {
      scope: globally,
      name: 'kept',
      target: { ...target, url: `${target.url}/2` },
    })
    const directory = await scratch()
    const manifest = await backUp({
      connection: await connection(today),
      streams,
      directory,
      signal,
      now: () => new Date(),
    })
    // What yesterday does not know: a new name, a removed one.
    const lost = await before.register('lost', ids[1])
    await before.send('alias.remove', { scope: globally, name: 'kept' })
    const end = await before.register('later')
    t.deepEqual(await before.names(end.position), ['later', 'lost'])
    t.is(await process.kill('SIGTERM').then(async () => (await process.ended).code), 0)

    const fresh = await testNats(t)
    const yesterday = new Installation({ natsUrl: fresh.url, databaseUrl: today.databaseUrl })
    const { epoch } = await restore({
      connection: await connection(yesterday),
      streams,
      directory,
      replace: false,
      signal,
    })
    const again = await yesterday.serve('http', 'commands', 'projections')
    const after = await talk(t, yesterday, again.api)

    // The tables are of another life: readiness says so, and nobody waits for a position that cannot come.
    const stale = await eventually(
      async () => {
        const { status, body } = await after.ready()
        const said = JSON.stringify(body)
        return status === 503 && said.includes('stale') ? said : undefined
      },
      { timeoutMs: 60_000 },
    )
    t.regex(stale, /projector aliases.*stale/)
    const waiting = await after.resolve('kept', { 'pharos-min-position': `${epoch}-${manifest.sequence}` })
    t.is(waiting.status, 504)
    t.regex(String(waiting.body['detail']), /another life of the log/)

    const log = await yesterday.log()
    const rebuilding = {
      connection: await connection(yesterday),
      databaseUrl: yesterday.databaseUrl,
      masterKeys,
      signal,
    }
    t.true((await rebuildAll(rebuilding)).includes('aliases'))
    await eventually(async () => (await after.ready()).status === 200, { timeoutMs: 60_000, what: 'ready again' })
    t.deepEqual(await after.names(`${epoch}-${manifest.sequence}`), ['kept'])
    const old = await after.resolve('kept', { 'pharos-min-position': lost.position })
    t.is(old.status, 504)
    t.regex(String(old.body['detail']), /another life of the log/)

    // What came before the cut is known, what came after never was.
    t.is((await after.register('kept', ids[0])).status, 'duplicate')
    const renewed = await after.register('lost', ids[1])
    t.is(renewed.status, 'accepted')
    t.is(parsePosition(renewed.position).epoch, epoch)
    t.true(parsePosition(renewed.position).sequence > manifest.sequence)
    t.deepEqual(await after.names(renewed.position), ['kept', 'lost'])
    const compared = await compareWithReplay(yesterday, log)
    t.true(
      compared.status === 'swapped' && compared.tables.length > 0 && compared.tables.every(({ isEqual }) => isEqual),
    )
  },
)

test.serial(
  'a log that is replaced beneath running processes ends them; the command restores, rebuilds, and they start anew',
  async (t) => {
    t.timeout(300_000)
    const at = await testInstallation(t)
    const process = await at.serve('http', 'commands', 'projections')
    const { register, token } = await talk(t, at, process.api)
    const first = await register('kept')
    const directory = await scratch()
    const env = { NATS_URL: at.natsUrl, DATABASE_URL: at.databaseUrl, SECRET_KEY, MASTER_KEY, LOG_LEVEL: 'info' }
    const run = async (...args: string[]) => {
      const command = await startProcess({ file: MAIN, args, env })
      return { ...(await command.ended), lines: command.lines.join('\n') }
    }
    const backup = await run('backup', directory, '--json')
    t.is(backup.code, 0, backup.lines)
    const events = await SseReader.open(`${process.api}/api/events`, { authorization: `Bearer ${token}` })
    t.like((await register('lost')) && (await events.until(1))[0], { type: 'alias.registered' })

    const [replayed, past] = await Promise.all([
      run('replay', '--json', '--type', 'alias.registered', '--to', '1'),
      run('rebuild', 'aliases', '--as-of', first.position, '--sql', 'select alias from aliases', '--json'),
    ])
    t.deepEqual([replayed.code, past.code], [0, 0], `${replayed.lines}\n${past.lines}`)
    t.regex(replayed.lines, /^\{"sequence":1,"subject":"evt\.alias\.global\.kept".*\}$/)
    t.regex(past.lines, /^\{"alias":"kept"\}$/m)
    t.notRegex(past.lines, /lost/)

    const refused = await run('restore', directory)
    t.is(refused.code, 1)
    t.regex(refused.lines, /EVENTS.* hold messages.*--replace/)
    const restored = await run('restore', directory, '--replace', '--json')
    t.is(restored.code, 0, restored.lines)
    t.regex(restored.lines, /"rebuilt":\[.*"aliases"/)
    t.is((await process.ended).code, 1)
    t.regex(process.lines.join('\n'), /the log was restored beneath this process/)
    t.like(await events.ended(), { type: 'end' })

    const again = await at.serve('http', 'commands', 'projections')
    const after = await talk(t, at, again.api)
    await eventually(async () => (await after.ready()).status === 200, { timeoutMs: 60_000, what: 'ready' })
    const head = await (await at.log()).head()
    t.not(head.epoch, parsePosition(first.position).epoch)
    t.deepEqual(await after.names(formatPosition(head)), ['kept'])
    const resumed = await SseReader.open(`${again.api}/api/events`, {
      authorization: `Bearer ${token}`,
      'last-event-id': first.position,
    })
    t.is(resumed.response.status, 400)
    t.is((await after.register('lost')).status, 'accepted')
  },
)
