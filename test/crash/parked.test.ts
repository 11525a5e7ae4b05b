import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { jetstreamManager } from '@nats-io/jetstream'
import test from 'ava'
import pg from 'pg'
import { connectNats } from '../../gateways/cli/platform/connect-nats.ts'
import { PROJECTOR_TIMING } from '../../projections/projector-timing.ts'
import { afterTests, eventually } from '../support/infrastructure.ts'
import { isDone } from '../support/is-done.ts'
import { compareWithReplay, endOf, type Installation, testInstallation } from './installation.ts'
import { MASTER_KEY, SECRET_KEY } from './served-process.ts'

const run = promisify(execFile)
const MAIN = fileURLToPath(new URL('../../gateways/cli/main.ts', import.meta.url))
const TAKEOVER_MS = PROJECTOR_TIMING.lease + 50_000

/** A message that something else than Pharos wrote into the log. */
const STRAY = 'evt.alias.global.stray'

test('a stray message stops nobody; killed owners neither lose nor repeat what was decided about it', async (t) => {
  t.timeout(300_000)
  const installation = await testInstallation(t)
  const [owner] = await Promise.all([installation.serve('projections'), installation.serve('commands')])
  const http = await installation.serve('http')
  const client = await installation.client()
  const nats = await connectNats(installation.natsUrl, 'stray')
  afterTests(() => nats.close())
  const register = async (prefix: string): Promise<void> => {
    for (let n = 0; n < 100; n++) {
      const target = { kind: 'endpoint', url: `https://example.com/${n}` } as const
      const data = { scope: { kind: 'global' }, name: `${prefix}_${n}`, target } as const
      t.true(isDone(await client.command('alias.register', data)))
    }
  }

  const load = register('a')
  const { streams } = await jetstreamManager(nats)
  for (const junk of ['hello', '{"specversion":"1.0"}']) nats.publish(STRAY, junk)
  await nats.flush()
  // While the stray is in its hands, or just was.
  await owner.kill('SIGKILL')
  await load
  const second = await installation.serve('projections')
  const log = await installation.log()
  const all = { minPosition: await endOf(log), timeoutMs: TAKEOVER_MS }
  t.like(await client.query('alias.count', {}, all), { status: 'ok', value: { total: 100 } })

  const [parked, ...others] = await cli(installation, ['parked', 'list', 'aliases', '--json'])
  t.deepEqual(others, [])
  t.like(parked, { projector: 'aliases', held: [{ aggregate: STRAY }] })
  const { position } = parked as { position: number }
  await eventually(
    async () => (await streams.getMessage('PARKED', { last_by_subj: `parked.aliases.${position}` })) ?? false,
  )
  const ready = await (await fetch(`${http.api}/readyz`)).json()
  t.like(ready, { ready: true })
  t.regex(JSON.stringify(ready), /projector aliases holds back 1 aggregates/)
  const [shown] = await cli(installation, ['parked', 'show', 'aliases', String(position), '--json'])
  t.like(shown, { position, event: { subject: STRAY, envelope: { type: 'pharos.log.unreadable.v1' } } })

  // Asked while nobody owns the projector: the next owner does it.
  await second.kill('SIGKILL')
  const asked = cli(installation, ['parked', 'discard', 'aliases', String(position), '--reason', 'not ours', '--json'])
  const pool = new pg.Pool({ connectionString: installation.databaseUrl })
  pool.on('error', () => undefined)
  afterTests(() => pool.end())
  const requests = async (): Promise<unknown[]> =>
    (await pool.query('select action, reason, outcome from pharos_system.parked_requests')).rows
  await eventually(async () => (await requests()).length === 1, { timeoutMs: 60_000 })
  const third = await installation.serve('projections')
  // The second stray waited for the first; it is no event either.
  await asked.catch(() => undefined)
  await eventually(async () => (await requests()).every((row) => JSON.stringify(row).includes('held')), {
    timeoutMs: TAKEOVER_MS,
  })
  await third.kill('SIGKILL')
  await installation.serve('projections')
  const [next] = await cli(installation, ['parked', 'list', 'aliases', '--json'])
  const later = (next as { position: number }).position
  t.true(later > position)
  t.like(await cli(installation, ['parked', 'discard', 'aliases', String(later), '--reason', 'nor this', '--json']), [
    { outcome: 'released' },
  ])
  t.deepEqual(await cli(installation, ['parked', 'list', 'aliases', '--json']), [])
  await register('b')
  t.like(await client.query('alias.count', {}, { minPosition: await endOf(log), timeoutMs: TAKEOVER_MS }), {
    value: { total: 200 },
  })
  const replayed = await compareWithReplay(installation, log)
  t.is(replayed.status, 'swapped')
  t.true(replayed.status === 'swapped' && replayed.tables.every((table) => table.isEqual))
})

/** What the command prints, as a list. */
async function cli(at: Installation, args: readonly string[]): Promise<readonly unknown[]> {
  const env = {
    ...process.env,
    NATS_URL: at.natsUrl,
    DATABASE_URL: at.databaseUrl,
    SECRET_KEY,
    MASTER_KEY,
    JWKS_URL: '',
  }
  const { stdout } = await run(process.execPath, [MAIN, ...args], { env, timeout: 240_000 })
  const value: unknown = JSON.parse(stdout)
  return Array.isArray(value) ? value : [value]
}
