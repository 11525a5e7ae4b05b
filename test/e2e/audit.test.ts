import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { headers } from '@nats-io/transport-node'
import test from 'ava'
import { parse } from 'csv-parse/sync'
import pg from 'pg'
import { issueToken } from '../../gateways/authentication/issue-token.ts'
import { secretKeyBytes } from '../../gateways/authentication/secret-key.ts'
import { connectNats } from '../../gateways/cli/platform/connect-nats.ts'
import type { Role } from '../../schemas/actor.ts'
import { newUlid } from '../../schemas/new-ulid.ts'
import type { AuditLine } from '../../schemas/queries/audit.ts'
import { endOf, type Installation, testInstallation } from '../crash/installation.ts'
import { askHttp, postCommand } from '../crash/post-command.ts'
import { MASTER_KEY, SECRET_KEY } from '../crash/served-process.ts'
import { afterTests, eventually } from '../support/infrastructure.ts'

const run = promisify(execFile)
const MAIN = fileURLToPath(new URL('../../gateways/cli/main.ts', import.meta.url))

/** The whole account of a small day: from refusals at every gate to the proof of the audit, and its export. */
test('who did what and who was refused what is listed, exported, archived and proven', async (t) => {
  t.timeout(300_000)
  const installation = await testInstallation(t)
  const served = await installation.serve('http', 'commands', 'projections')
  const { api } = served
  const [admin, viewer] = [await token('ada', 'admin'), await token('vic', 'viewer')]
  const slot = (name: string) => ({ scope: { kind: 'site', site: 'SEA' }, name })
  const target = { kind: 'endpoint', url: 'https://example.com/1' }
  const send = (as: string, type: string, data: object) => postCommand(api, as, type, data)

  for (const name of ['one', 'two']) t.is((await send(admin, 'alias.register', { ...slot(name), target })).status, 200)
  t.is((await send(admin, 'alias.disable', slot('one'))).status, 200)
  for (let n = 0; n < 40; n++) t.is((await send(admin, 'alias.register', { ...slot('one'), target })).status, 409)
  t.is((await send(viewer, 'alias.remove', slot('one'))).status, 403)
  t.is((await send('no-token', 'alias.remove', slot('one'))).status, 401)
  const nats = await connectNats(installation.natsUrl, 'stranger')
  afterTests(() => nats.close())
  const credential = headers()
  credential.set('Authorization', 'Bearer forged')
  const body = JSON.stringify({ commandId: newUlid(), data: slot('one') })
  t.like((await nats.request('cmd.alias.remove', body, { headers: credential, timeout: 60_000 })).json(), {
    status: 'unauthorized',
  })

  // A process that ends stores what it has counted.
  await served.kill('SIGTERM')
  const { api: again } = await installation.serve('http', 'commands', 'projections')
  const minPosition = await endOf(await installation.log())
  const list = async (query: string, as = admin) => askHttp(`${again}/api/audit?${query}`, as, {})
  const entries = async (query: string): Promise<readonly AuditLine[]> =>
    (await list(query)).body['entries'] as readonly AuditLine[]
  await askHttp(`${again}/api/audit`, admin, { headers: { 'Pharos-Min-Position': minPosition } })
  await eventually(async () => (await entries('stream=AUDIT')).length === 3, { timeoutMs: 60_000 })

  const accepted = await entries('actor=ada&status=accepted&order=oldest')
  t.deepEqual(
    accepted.map(({ id, action, actor }) => [id, action, actor]),
    [
      [1, 'alias.registered', 'ada'],
      [2, 'alias.registered', 'ada'],
      [3, 'alias.disabled', 'ada'],
    ],
  )
  const refused = await entries('stream=AUDIT&order=oldest')
  const byStatus = (status: string) => refused.find((entry) => entry.status === status)
  t.like(byStatus('rejected'), {
    actor: 'ada',
    action: 'alias.register',
    details: { data: { code: 'name_taken', count: 40 } },
  })
  t.like(byStatus('forbidden'), { actor: 'vic', action: 'alias.remove' })
  t.like(byStatus('unauthorized'), {
    actor: 'unauthenticated',
    action: 'alias.remove',
    details: { data: { count: 2 } },
  })
  t.true(refused.every(({ id, position }) => id === -position))
  const ofOne = await entries('scope=site:SEA&alias=ONE')
  t.deepEqual(
    ofOne.map(({ action }) => action),
    ['alias.disabled', 'alias.registered'],
  )
  t.is((await entries('scope=site:SEA')).length, 3)
  t.is((await entries('scope=site:SE')).length, 0)
  t.is((await entries('to=2020-01-01T00:00:00Z')).length, 0)
  t.is((await list('alias=one')).status, 400)
  t.is((await list('cursor=nonsense')).status, 400)
  t.is((await list('', viewer)).status, 403)

  const paged: number[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const page = (await list(`actor=ada&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)).body
    paged.push(...(page['entries'] as readonly AuditLine[]).map(({ id }) => id))
    cursor = page['nextCursor'] as string | null
  }
  // The platform's own entries, of what it publishes by itself, come when they come.
  t.is(paged.length, 4)
  t.is(new Set(paged).size, 4)

  const fetched = async (accept: string): Promise<Response> =>
    fetch(`${again}/api/audit?actor=ada`, { headers: { authorization: `Bearer ${admin}`, accept } })
  const ndjson = await fetched('application/x-ndjson')
  t.is(ndjson.headers.get('content-type'), 'application/x-ndjson; charset=utf-8')
  t.is((await ndjson.text()).trimEnd().split('\n').length, 4)
  const csv: Record<string, string>[] = parse(await (await fetched('text/csv')).text(), { columns: true })
  const ids = csv.map(({ id }) => Number(id))
  t.deepEqual(ids, paged.toReversed(), 'an export is oldest first, pages are newest first')

  const cli = (...args: readonly string[]) => pharos(installation, ['audit', ...args])
  const who = await cli('log', '--alias', 'one', '--scope', 'site:SEA', '--actor', 'ada', '--json')
  t.is((JSON.parse(who.stdout) as { entries: unknown[] }).entries.length, 2)
  t.regex((await cli('log', '--status', 'forbidden')).stdout, /vic {2}alias\.remove {2}forbidden/)
  const dir = await mkdtemp(join(tmpdir(), 'pharos-audit-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  const file = join(dir, 'audit.csv')
  await cli('export', '--actor', 'ada', '--format', 'csv', '--out', file)
  t.is(parse(await readFile(file, 'utf8'), { columns: true }).length, 4)

  const intact = JSON.parse((await cli('verify', '--json')).stdout) as object[]
  t.like(intact[0], { stream: 'EVENTS', status: 'intact' })
  t.like(intact[1], { stream: 'AUDIT', status: 'intact', entries: 3 })

  const before = new Date(Date.parse(accepted[1]?.createdAt ?? '') + 1).toISOString()
  t.is((await postCommand(again, viewer, 'audit.archive', { before })).status, 403)
  const { position } = (await postCommand(again, admin, 'audit.archive', { before })).body
  const now = { headers: { 'Pharos-Min-Position': String(position) } }
  const shown = await askHttp(`${again}/api/audit?actor=ada&status=accepted&order=oldest`, admin, now)
  t.deepEqual((shown.body['entries'] as AuditLine[]).map(({ id, isArchived }) => [id, isArchived]).slice(0, 1), [
    [3, false],
  ])
  const all = await entries('actor=ada&status=accepted&order=oldest&archived=true')
  t.deepEqual(all.map(({ id, isArchived, archivedAt }) => [id, isArchived, archivedAt === null]).slice(0, 3), [
    [1, true, false],
    [2, true, false],
    [3, false, true],
  ])
  t.like((JSON.parse((await cli('verify', '--json')).stdout) as object[])[0], { status: 'intact' })

  const database = new pg.Client({ connectionString: installation.databaseUrl })
  await database.connect()
  await database.query(`update pharos_audit_v1.audit_entries set actor = 'nobody' where position = 2`)
  await database.query(`delete from pharos_audit_refused_v1.audit_entries where position = 1`)
  await database.end()
  const broken = await cli('verify').catch((error: { code: number; stdout: string; stderr: string }) => error)
  t.is('code' in broken && broken.code, 1)
  t.regex(broken.stdout, /EVENTS: the entry at position 2 was changed \(actor\)/)
  t.regex(broken.stdout, /AUDIT: the entry at position 1 is missing/)
})

function token(sub: string, role: Role): Promise<string> {
  const claims = { issuer: 'pharos', audience: 'pharos', at: Date.now(), ttlSeconds: 3600 }
  return issueToken(secretKeyBytes(SECRET_KEY), { sub, roles: [role], ...claims })
}

function pharos(at: Installation, args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const env = {
    ...process.env,
    NATS_URL: at.natsUrl,
    DATABASE_URL: at.databaseUrl,
    SECRET_KEY,
    MASTER_KEY,
    JWKS_URL: '',
  }
  return run(process.execPath, [MAIN, ...args], { env, timeout: 240_000 })
}
