import test from 'ava'
import { ulid } from 'ulid'
import type { Envelope } from '../../schemas/envelope.ts'
import { type JobMessage, jobMessage } from '../../schemas/http/alias-import.ts'
import type { CommandId, EventId, ActorId } from '../../schemas/ids.ts'
import { aliasQueryAnswer, type AliasView } from '../../schemas/queries/alias.ts'
import type { AggregateSubject } from '../../schemas/subjects.ts'
import { serve } from './http-server.ts'

type Asked = Awaited<ReturnType<typeof serve>>
type Report = Extract<JobMessage, { type: 'report' }>

const target = (n: number) => ({ kind: 'channel', channelId: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}` })
const site = { kind: 'site', site: 'K SEA/1' } as const
const node = { kind: 'node', site: 'K SEA/1', node: 'gate:4' } as const
const SCOPE = encodeURIComponent('site:K SEA%2F1')

async function apply({ admin }: Asked, ...operations: object[]): Promise<number> {
  const answer = await admin('POST', '/api/commands/alias.apply-change-set', {
    commandId: ulid(),
    data: { operations },
  })
  if (answer.statusCode !== 200) throw new Error(answer.body)
  return Number(answer.json().position.split('-')[1])
}

async function rollback({ admin }: Pick<Asked, 'admin'>, body: object, scope = SCOPE) {
  const answer = await admin('POST', `/api/alias-index/${scope}/rollback`, body)
  if (answer.statusCode !== 200) return { answer, messages: [], report: undefined }
  const messages = answer.body
    .trimEnd()
    .split('\n')
    // An empty one says that the job goes on.
    .filter((text) => text !== '')
    .map((text) => jobMessage.parse(JSON.parse(text)))
  return { answer, messages, report: messages.at(-1) as Report }
}

/** All that is known of every alias, but when it was last touched. */
async function content({ admin }: Asked): Promise<readonly Partial<AliasView>[]> {
  const { aliases } = aliasQueryAnswer['alias.list'].parse((await admin('GET', '/api/aliases?limit=1000')).json())
  return aliases
    .map((alias) => {
      const { updatedAt: _, revision: __, ...rest } = alias
      return rest
    })
    .toSorted((a, b) => (JSON.stringify([a.scope, a.name]) < JSON.stringify([b.scope, b.name]) ? -1 : 1))
}

const register = (name: string, n: number, scope: object = site, more: object = {}) => ({
  op: 'register',
  scope,
  name,
  target: target(n),
  ...more,
})
const on = (op: string, name: string, more: object = {}, scope: object = site) => ({ op, scope, name, ...more })

/** A history that does everything: what it was half-way, and where that was. */
async function history(at: Asked) {
  await apply(at, register('gone', 1), register('renamed', 2), register('changed', 3), register('swap1', 4))
  await apply(at, register('swap2', 5), register('same', 6), register('on node', 7, node), register('сор', 8))
  await apply(at, { ...register('elsewhere', 9), scope: { kind: 'global' } }, register('recased', 10))
  const position = await apply(at, on('disable', 'gone'))
  const before = await content(at)
  await apply(at, on('remove', 'gone'), on('rename', 'renamed', { newName: 'another' }), on('remove', 'сор'))
  await apply(at, on('retarget', 'changed', { target: target(33) }), on('disable', 'changed'), register('cop', 11))
  await apply(
    at,
    on('rename', 'swap1', { newName: 't' }),
    on('rename', 'swap2', { newName: 'swap1' }),
    on('rename', 't', { newName: 'swap2' }),
  )
  await apply(
    at,
    register('added', 12),
    on('remove', 'on node', {}, node),
    on('rename', 'recased', { newName: 'ReCased' }),
  )
  return { position, before }
}

test('a rollback gives a scope the content that it had, ids and all, and leaves others alone', async (t) => {
  const at = await serve(t)
  const { position, before } = await history(at)
  await apply(at, { ...on('disable', 'elsewhere'), scope: { kind: 'global' } })
  const dry = await rollback(at, { toPosition: position, dryRun: true })
  t.like(dry.report, { status: 'completed', dryRun: true, counts: { added: 4, removed: 3, changed: 4, unchanged: 1 } })
  const { sequence } = await at.store.head()
  const jobId = ulid()
  const { report } = await rollback(at, { toPosition: position, jobId })
  t.like(report, { status: 'completed', counts: { added: 4, removed: 3, changed: 4, unchanged: 1, conflicts: 0 } })
  const expected = before.map((alias) => (alias.name === 'elsewhere' ? { ...alias, enabled: false } : alias))
  t.deepEqual(await content(at), expected)
  const after = await at.store.head()
  t.true(after.sequence - sequence <= 15)
  const again = await rollback(at, { toPosition: position, jobId })
  t.deepEqual(again.report?.counts, report?.counts)
  t.is((await at.store.head()).sequence, after.sequence, 'the job has ended')
  const once = await rollback(at, { toPosition: position })
  t.like(once.report, { status: 'completed', counts: { added: 0, removed: 0, changed: 0 } })
  const { op: _, ...cop } = register('cop', 1)
  t.like((await at.admin('POST', '/api/aliases', cop)).json(), { status: 409, code: 'look_alike_taken' })
})

test('a rollback of more than 1,000 names goes in sets', async (t) => {
  const at = await serve(t)
  const many = Array.from({ length: 2500 }, (_, n) => `name_${n}`)
  for (let from = 0; from < many.length; from += 1000)
    await apply(at, ...many.slice(from, from + 1000).map((name, n) => register(name, n)))
  const { sequence } = await at.store.head()
  const before = await content(at)
  for (let from = 0; from < many.length; from += 500)
    await apply(at, ...many.slice(from, from + 500).map((name) => on('rename', name, { newName: `${name}_` })))
  const { messages, report } = await rollback(at, { toPosition: sequence })
  t.like(report, { status: 'completed', counts: { added: 2500, removed: 2500, conflicts: 0 } })
  t.true(messages.filter(({ type }) => type === 'progress').length >= 5)
  t.deepEqual(await content(at), before)
})

test('a version of the index is a position of the log', async (t) => {
  const at = await serve(t)
  const { position, before } = await history(at)
  const subject = 'evt.alias-index.site.K=20SEA=2F1' as AggregateSubject
  const envelope: Envelope = {
    specversion: '1.0',
    id: ulid() as EventId,
    source: 'test',
    type: 'pharos.index.published.v1',
    subject,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    data: { scope: { kind: 'site', site: 'K SEA/1' }, version: 5, position },
    actor: 'publisher' as ActorId,
    commandid: ulid() as CommandId,
    commanddigest: 'a'.repeat(64),
    commandindex: 0,
    commandcount: 1,
    correlationid: 'x',
    causationid: 'x',
  }
  await at.store.append([{ subject, expectedRevision: 0, messageId: 'x', envelope }])
  t.like((await rollback(at, { toVersion: 4 })).answer.json(), { status: 404, code: 'version_not_found' })
  t.like((await rollback(at, { toVersion: 5 })).report, { status: 'completed' })
  t.deepEqual(await content(at), before)
})

test('who may not administer, or asks for what cannot be, is refused', async (t) => {
  const at = await serve(t)
  await history(at)
  const operator = { admin: await at.as(['operator']) }
  t.like((await rollback(operator, { toPosition: 3 })).report, { status: 'refused' })
  t.like((await rollback(at, { toPosition: 9999 })).report, { status: 'refused' })
  t.is((await rollback(at, { toPosition: 1, toVersion: 1 })).answer.statusCode, 400)
  t.is((await rollback(at, { toPosition: 1 }, encodeURIComponent('node:a/b'))).answer.statusCode, 400)
})

test('one process works on so many rollbacks at a time, and says that it has no room for more', async (t) => {
  const at = await serve(t)
  const toPosition = await apply(at, register('one', 1))
  await apply(at, on('disable', 'one'))
  const gate = Promise.withResolvers<void>()
  const readAll = at.store.readAll.bind(at.store)
  at.store.readAll = async function* (options) {
    await gate.promise
    yield* readAll(options)
  }
  let refused = 0
  const asked = Array.from({ length: 6 }, async () => {
    const { answer } = await rollback(at, { toPosition, dryRun: true })
    if (answer.statusCode === 503 && ++refused === 2) gate.resolve()
    return answer.statusCode
  })
  t.deepEqual(
    (await Promise.all(asked)).toSorted((a, b) => a - b),
    [200, 200, 200, 200, 503, 503],
  )
  t.is((await rollback(at, { toPosition, dryRun: true })).answer.statusCode, 200)
})
