import test from 'ava'
import { ulid } from 'ulid'
import { readJob } from '../../commands/alias-jobs/read-job.ts'
import { jobId } from '../../schemas/alias-job.ts'
import { readAliasJobEvent } from '../../schemas/events/read-alias-job-event.ts'
import { type JobMessage, jobMessage } from '../../schemas/http/alias-import.ts'
import { aliasQueryAnswer } from '../../schemas/queries/alias.ts'
import { eventually } from '../support/eventually.ts'
import { serve } from './http-server.ts'

type Asked = Awaited<ReturnType<typeof serve>>
type Report = Extract<JobMessage, { type: 'report' }>

const channel = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const ndjson = (...lines: readonly object[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('')
const line = (name: string, n = 1, more: object = {}) => ({ scope: 'site:KSEA', name, target: channel(n), ...more })

async function send({ admin }: Pick<Asked, 'admin'>, body: string, query = '', type = 'application/x-ndjson') {
  const answer = await admin('POST', `/api/aliases/import${query}`, body, { 'content-type': type })
  if (answer.statusCode !== 200) return { answer, messages: [], report: undefined }
  const messages = answer.body
    .trimEnd()
    .split('\n')
    // An empty one says that the job goes on.
    .filter((text) => text !== '')
    .map((text) => jobMessage.parse(JSON.parse(text)))
  return { answer, messages, report: messages.at(-1) as Report }
}

const only = <T extends JobMessage['type']>(messages: readonly JobMessage[], type: T) =>
  messages.filter((message): message is Extract<JobMessage, { type: T }> => message.type === type)

async function names({ admin }: Asked, query = '') {
  const { aliases } = aliasQueryAnswer['alias.list'].parse((await admin('GET', `/api/aliases?${query}`)).json())
  return aliases.map(({ name }) => name)
}

async function jobEvents({ store }: Asked) {
  const events = []
  const { sequence: untilSequence } = await store.head()
  const signal = AbortSignal.timeout(60_000)
  for await (const { envelope } of store.readAll({
    fromSequence: 1,
    untilSequence,
    subjects: ['evt.alias-job.>'],
    signal,
  }))
    events.push(readAliasJobEvent(envelope))
  return events
}

test('NDJSON is imported as a tracked job, and importing it again changes nothing', async (t) => {
  const at = await serve(t)
  const file = ndjson(
    line('a'),
    { ...line('b', 2), scope: { kind: 'node', site: 'KSEA', node: 'gate/4' } },
    line('c', 3),
  )
  const { report } = await send(at, file)
  t.like(report, { status: 'completed', counts: { added: 3, changed: 0, unchanged: 0, refused: 0 } })
  t.deepEqual(await names(at), ['a', 'b', 'c'])
  const events = await jobEvents(at)
  t.deepEqual(
    events.map(({ type }) => type),
    ['alias-job.started', 'alias-job.completed'],
  )
  t.like(events[0]?.data, { kind: 'import', indexScopes: ['site.KSEA'] })
  t.like((await send(at, file)).report, { status: 'completed', counts: { added: 0, unchanged: 3 } })
})

test('lines change what stands, and only in what they say', async (t) => {
  const at = await serve(t)
  await send(at, ndjson(line('Feed', 1, { description: 'mains', metadata: { phase: 3 } }), line('same', 2)))
  const { messages, report } = await send(
    at,
    ndjson(line('FEED', 9, { enabled: false }), line('same', 2), line('new', 3)),
    '?dryRun=true',
  )
  t.like(report, { status: 'completed', dryRun: true, counts: { added: 1, changed: 1, unchanged: 1 } })
  t.deepEqual(
    only(messages, 'change').map(({ line: of, change, name, by }) => ({ of, change, name, by })),
    [
      { of: 1, change: 'changed', name: 'FEED', by: ['rename', 'retarget', 'disable'] },
      { of: 3, change: 'added', name: 'new', by: undefined },
    ],
  )
  t.is((await jobEvents(at)).length, 2, 'a dry run is no job')
  await send(at, ndjson(line('FEED', 9, { enabled: false })))
  t.like((await at.admin('GET', '/api/aliases/global/feed?site=KSEA')).json(), {
    name: 'FEED',
    target: { channelId: channel(9) },
    description: 'mains',
    metadata: { phase: 3 },
    enabled: false,
  })
})

test('a bad line stops all, or is skipped; either way it is told with its number', async (t) => {
  const at = await serve(t)
  const file = [
    JSON.stringify(line('a')),
    '{"scope":',
    '',
    JSON.stringify(line(' b')),
    JSON.stringify(line('A')),
    JSON.stringify(line('c', 3, { colour: 'red' })),
    JSON.stringify({ ...line('d'), scope: 'planet:x' }),
    JSON.stringify(line('p\u0430ypal')),
    JSON.stringify(line('cop')),
    JSON.stringify(line('\u0441\u043e\u0440')),
    JSON.stringify(line('z', 4, { expiresAt: '2020-01-01T00:00:00Z' })),
    JSON.stringify(line('e', 5, { metadata: { at: { deep: 1 } } })).replace('"deep"', '"\\u005f_proto__"'),
  ].join('\n')
  const expected = [
    [2, 'invalid_line', 'must be JSON, without a key __proto__'],
    [4, 'invalid_line', 'name: a name must not begin or end with a space'],
    [5, 'duplicate_line', 'names the alias of line 1 again'],
    [6, 'invalid_line', 'colour: is not a field of this command'],
    [7, 'invalid_line', 'scope: must be global, site:<site>, node:<site>/<node> or context:<context>'],
    [10, 'look_alike_taken', '"\u0441\u043e\u0440" looks like the name in line 9'],
    [12, 'invalid_line', 'must be JSON, without a key __proto__'],
  ]
  const byRules = [
    [8, 'deceptive_name', 'the name mixes letters of several scripts (Latin, Cyrillic)'],
    [11, 'expiry_in_past', 'expiresAt must be later than now'],
  ]
  const problems = (messages: readonly JobMessage[]) =>
    only(messages, 'problem').map((of) => [of.line, of.code, of.message])
  const stopped = await send(at, file)
  t.deepEqual(problems(stopped.messages), expected)
  t.like(stopped.report, { status: 'refused', counts: { added: 0, refused: 7 } })
  t.is((await at.store.head()).sequence, 0)
  const skipped = await send(at, file, '?onBadLine=skip')
  t.deepEqual(problems(skipped.messages), [...expected, ...byRules])
  t.like(skipped.report, { status: 'completed', counts: { added: 2, refused: 9 } })
  t.deepEqual(await names(at), ['a', 'cop'])
})

test('the same job id goes on with the same lines, and refuses others', async (t) => {
  const at = await serve(t)
  const id = ulid()
  const file = ndjson(line('a'), line('b', 2))
  const first = await send(at, file, `?jobId=${id}`)
  const { sequence } = await at.store.head()
  const second = await send(at, file, `?jobId=${id}`)
  t.deepEqual(second.report?.counts, first.report?.counts)
  t.is((await at.store.head()).sequence, sequence)
  t.like((await send(at, ndjson(line('c')), `?jobId=${id}`)).report, { status: 'refused' })
  t.regex((await send(at, ndjson(line('c')), `?jobId=${id}`)).report?.reason ?? '', /begun with something else/)
})

test('a name that looks like one that stands is refused by a dry run too, and the other way round', async (t) => {
  const at = await serve(t)
  const [latin, cyrillic] = ['cop', '\u0441\u043e\u0440']
  for (const [first, second] of [
    [latin, cyrillic],
    [`${cyrillic}_2`, `${latin}_2`],
  ] as const) {
    await send(at, ndjson(line(first)))
    for (const query of ['?dryRun=true', '']) {
      const { messages, report } = await send(at, ndjson(line(second)), query)
      t.like(report, { status: 'completed', counts: { added: 0, refused: 1 } })
      t.like(only(messages, 'problem')[0], { line: 1, code: 'look_alike_taken', name: second })
    }
  }
})

test('with replace the scopes of the file hold what it says, and nothing else', async (t) => {
  const at = await serve(t)
  await send(at, ndjson(line('a'), line('b', 2), { ...line('c', 3), scope: 'global' }))
  const { report } = await send(at, ndjson(line('b', 2), line('d', 4)), '?replace=true')
  t.like(report, { status: 'completed', counts: { added: 1, removed: 1, unchanged: 1 } })
  t.deepEqual((await names(at)).toSorted(), ['b', 'c', 'd'])
})

test('an export is a file that an import takes, in NDJSON and in CSV, whatever is in the names', async (t) => {
  const [from, ...others] = [await serve(t), await serve(t), await serve(t)]
  const odd = ['a:b', 'with space', '*', '>', 'a/b', '100 %', '"quoted", and more', '🚀', '=1+1', 'x.y', '.', '温度']
  const lines = odd.map((name, n) =>
    line(name, n, { description: `line\n"${n}"`, metadata: { n, of: { deep: [name] } } }),
  )
  await send(
    from,
    ndjson(...lines, line('off', 50, { enabled: false, expiresAt: '2030-01-01T00:00:00Z', owner: 'bob' }), {
      scope: { kind: 'node', site: 'a/b:c', node: '50% *' },
      name: '>',
      target: 'https://example.com/?a=1,2',
    }),
  )
  const whole = async ({ admin }: Asked) =>
    aliasQueryAnswer['alias.list']
      .parse((await admin('GET', '/api/aliases?limit=1000')).json())
      .aliases.map((alias) => {
        const { aliasId: _, number: __, registeredAt: ___, updatedAt: ____, revision: _____, ...rest } = alias
        return rest
      })
  for (const [i, accept] of ['application/x-ndjson', 'text/csv'].entries()) {
    const to = others[i]!
    const exported = await from.admin('GET', '/api/aliases/export', undefined, { accept })
    t.true(String(exported.headers['content-type']).startsWith(accept))
    const { report } = await send(to, exported.body, '', accept)
    t.like(report, { status: 'completed', counts: { added: odd.length + 2, refused: 0 } }, accept)
    t.deepEqual(await whole(to), await whole(from), accept)
    t.is((await to.admin('GET', '/api/aliases/export', undefined, { accept })).body, exported.body)
  }
})

test('a CSV that is none, or lacks a column, is refused; a bad record is told with its line', async (t) => {
  const at = await serve(t)
  const csv = (text: string, query = '') => send(at, text, query, 'text/csv')
  t.like((await csv('name,target\na,b\n')).answer.json(), { code: 'invalid_file', detail: 'the header lacks scope' })
  t.like((await csv('scope,name,target,colour\n')).answer.json(), { code: 'invalid_file' })
  const { messages, report } = await csv(
    `\uFEFFScope,name,target\r\nglobal,a,${channel(1)}\r\nglobal,b,not-a-target\r\nglobal,c\r\nglobal,d,${channel(4)}\r\n`,
    '?onBadLine=skip',
  )
  t.deepEqual(
    only(messages, 'problem').map(({ line: of, code }) => [of, code]),
    [
      [3, 'invalid_line'],
      [4, 'invalid_line'],
    ],
  )
  t.like(report, { counts: { added: 2, refused: 2 } })
  t.is((await send(at, '{}', '', 'application/json')).answer.statusCode, 415)
})

test('who may not write in a scope imports nothing there', async (t) => {
  const { as } = await serve(t)
  const viewer = { admin: await as(['viewer']) }
  const { messages, report } = await send(viewer, ndjson(line('a')), '?onBadLine=skip')
  t.like(only(messages, 'problem')[0], { line: 1, code: 'forbidden' })
  t.like(report, { counts: { added: 0, refused: 1 } })
})

test('an import goes on when whoever sent it is gone', async (t) => {
  const { app, jobs, token } = await serve(t)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const id = jobId.parse(ulid())
  const gone = new AbortController()
  const response = await fetch(`${url}/api/aliases/import?jobId=${id}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await token(['admin'])}`, 'content-type': 'application/x-ndjson' },
    body: ndjson(...Array.from({ length: 6000 }, (_, n) => line(`name_${n}`, n))),
    signal: gone.signal,
  })
  await response.body?.getReader().read()
  gone.abort()
  const state = await eventually(
    async () => {
      const job = await readJob(id, jobs)
      return job.status === 'ended' && job
    },
    { timeoutMs: 60_000 },
  )
  t.like(state, { failure: null, counts: { added: 6000 } })
})
