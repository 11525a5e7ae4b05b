import test from 'ava'
import pg from 'pg'
import { ulid } from 'ulid'
import { parseEventType } from '../../schemas/envelope.ts'
import { type JobMessage, jobMessage } from '../../schemas/http/alias-import.ts'
import { afterTests } from '../support/infrastructure.ts'
import { compareWithReplay, endOf, testInstallation, wholeLog } from './installation.ts'
import { askHttp, postCommand } from './post-command.ts'

const LINES = 12_000
const channel = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

/** Sends a file and yields what the server tells of it, until it or the connection ends. */
async function* importLines(api: string, token: string, jobId: string, file: string): AsyncGenerator<JobMessage> {
  const response = await fetch(`${api}/api/aliases/import?jobId=${jobId}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
    body: file,
    signal: AbortSignal.timeout(90_000),
  })
  let rest = ''
  for await (const chunk of response.body ?? []) {
    const lines = (rest + Buffer.from(chunk).toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') yield jobMessage.parse(JSON.parse(line))
  }
}

test('an import that is killed half-way goes on with the same job id and applies nothing twice', async (t) => {
  t.timeout(300_000)
  const installation = await testInstallation(t)
  const token = await installation.token()
  const jobId = ulid()
  const file = Array.from(
    { length: LINES },
    (_, n) => `${JSON.stringify({ scope: `node:site-${n % 50}/gate`, name: `Sensor ${n}`, target: channel(n) })}\n`,
  ).join('')

  const served = await installation.serve('http', 'commands')
  const seen: number[] = []
  await t.throwsAsync(async () => {
    for await (const message of importLines(served.api, token, jobId, file)) {
      if (message.type === 'progress') seen.push(message.done)
      if (message.type === 'progress' && message.done >= LINES / 4) await served.kill('SIGKILL')
    }
  })
  const killedAt = seen.at(-1) ?? 0
  t.true(killedAt < LINES, 'the kill came in time')

  const store = await installation.log()
  const before = await wholeLog(store)
  const again = await installation.serve('http', 'commands', 'projections')
  let last: JobMessage | undefined
  for await (const message of importLines(again.api, token, jobId, file)) last = message
  t.like(last, {
    type: 'report',
    status: 'completed',
    counts: { added: LINES, conflicts: 0, refused: 0, unchanged: 0 },
  })

  const events = await wholeLog(store)
  t.deepEqual(events.slice(0, before.length), before, 'the log goes on where it was')
  const names = events.map(({ envelope }) => parseEventType(envelope.type).name)
  t.is(names.filter((name) => name === 'alias-job.started').length, 1)
  t.is(names.filter((name) => name === 'alias-job.completed').length, 1)
  t.is(names.at(-1), 'alias-job.completed')
  const registered = events.filter(({ envelope }) => envelope.type === 'pharos.alias.registered.v1')
  t.is(registered.length, LINES)
  t.is(new Set(registered.map(({ subject }) => subject)).size, LINES)
  t.is(events.length, LINES + 2)

  const client = await installation.client()
  t.like(await client.query('alias.count', {}, { minPosition: await endOf(store), timeoutMs: 60_000 }), {
    value: { total: LINES },
  })
})

test('whoever reads during a set of 1,000 operations sees all of it or nothing', async (t) => {
  t.timeout(300_000)
  const installation = await testInstallation(t)
  const served = await installation.serve('http', 'commands', 'projections')
  const token = await installation.token()
  const scope = { kind: 'site', site: 'KSEA' }
  const names = Array.from({ length: 1000 }, (_, n) => `name_${n}`)
  const set = async (op: (name: string) => object): Promise<string> => {
    const operations = names.map((name) => ({ scope, name, ...op(name) }))
    const answer = await postCommand(served.api, token, 'alias.apply-change-set', { operations })
    t.is(answer.status, 200, JSON.stringify(answer.body).slice(0, 300))
    return String(answer.body['position'])
  }
  const target = (n: number) => ({ kind: 'channel', channelId: channel(n) })
  const registered = await set(() => ({ op: 'register', target: target(0) }))
  const client = await installation.client(60_000)
  t.is((await client.query('alias.count', {}, { minPosition: registered })).status, 'ok')

  const database = new pg.Client({ connectionString: installation.databaseUrl })
  await database.connect()
  afterTests(() => database.end())
  const stop = new AbortController()
  const states = new Set<string>()
  const note = (from: string, targets: readonly string[]): void => {
    states.add(`${from}: ${targets.length} of ${new Set(targets).size} kinds`)
  }
  const readHttp = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const { body } = await askHttp(`${served.api}/api/aliases?scope=site:KSEA&limit=1000`, token)
      const { aliases } = body as { aliases: { target: { channelId: string } }[] }
      note(
        'http',
        aliases.map((alias) => alias.target.channelId),
      )
    }
  }
  const readSql = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const { rows } = await database.query<{ canonical: string }>('select canonical from pharos.aliases')
      note(
        'sql',
        rows.map((row) => row.canonical),
      )
    }
  }
  const reading = Promise.all([readHttp(), readSql()])
  let position = ''
  for (let n = 1; n <= 6; n++) {
    position = await set(() => ({ op: 'retarget', target: target(n) }))
    await set(() => ({ op: 'remove' }))
    position = await set(() => ({ op: 'register', target: target(n) }))
    await askHttp(`${served.api}/api/aliases?limit=1`, token, { headers: { 'pharos-min-position': position } })
  }
  stop.abort()
  await reading
  const whole = ['http: 0 of 0 kinds', 'http: 1000 of 1 kinds', 'sql: 0 of 0 kinds', 'sql: 1000 of 1 kinds']
  t.deepEqual(
    [...states].filter((state) => !whole.includes(state)),
    [],
  )
  t.true(states.has('http: 1000 of 1 kinds') && states.has('sql: 1000 of 1 kinds'))
  const compared = await compareWithReplay(installation, await installation.log())
  t.true(compared.status === 'swapped' && compared.tables.every(({ isEqual }) => isEqual))
})
