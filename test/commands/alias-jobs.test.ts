import test from 'ava'
import fc from 'fast-check'
import { ulid } from 'ulid'
import { createCaslPolicy } from '../../commands/access/casl-policy.ts'
import { aliases } from '../../commands/alias/aliases.ts'
import { aliasJobs } from '../../commands/alias-jobs/alias-jobs.ts'
import { contentsAt } from '../../commands/alias-jobs/contents-at.ts'
import { giveUpJob } from '../../commands/alias-jobs/give-up-job.ts'
import type { ImportSource } from '../../commands/alias-jobs/import-source.ts'
import type { JobPorts } from '../../commands/alias-jobs/job-ports.ts'
import { readJob } from '../../commands/alias-jobs/read-job.ts'
import { runImport } from '../../commands/alias-jobs/run-import.ts'
import { runRollback } from '../../commands/alias-jobs/run-rollback.ts'
import type { CommandHandler } from '../../commands/command-handler.ts'
import { EventStoreUnavailable } from '../../commands/event-store.ts'
import { commandHandler } from '../../commands/handle-command.ts'
import { InMemoryEventStore } from '../../commands/in-memory-event-store.ts'
import { isLive } from '../../domain/alias/alias.ts'
import { slotSubject } from '../../domain/alias/slot.ts'
import type { Actor } from '../../schemas/actor.ts'
import { jobId } from '../../schemas/alias-job.ts'
import { aliasLine } from '../../schemas/alias-line.ts'
import type { AliasCommand } from '../../schemas/commands/alias.ts'
import type { JobMessage } from '../../schemas/http/alias-import.ts'
import type { ActorId, CommandId } from '../../schemas/ids.ts'
import { epoch } from '../../schemas/position.ts'
import { aliasCommand, channel } from '../projections/alias-events.ts'

const AT = Date.parse('2026-03-01T12:00:00.000Z')
const admin: Actor = { id: 'root' as ActorId, roles: ['admin'] }
const scope = { kind: 'site', site: 'KSEA' } as const
const signal = AbortSignal.timeout(60_000)
type Report = Extract<JobMessage, { type: 'report' }>

function world() {
  const store = new InMemoryEventStore(epoch.parse(ulid()))
  const policy = createCaslPolicy()
  let at = AT
  const now = (): number => at++
  const ids = { newId: () => ulid(), epoch: epoch.parse(ulid()) }
  // The property makes hundreds of worlds: a cache of the usual size takes longer to make than a world to run.
  const parts = { store, policy, now, ...ids, source: 'test', cacheSize: 1_000 }
  const handler = commandHandler(aliases, parts)
  const ports: JobPorts = {
    store,
    policy,
    now,
    lookAlikes: 'refuse',
    aliases: handler,
    jobs: commandHandler(aliasJobs, parts),
  }
  const give = (type: string, data: object) =>
    handler.handle({ type, actor: admin, request: { commandId: ulid() as CommandId, data: { ...data } } })
  /** Before the first change set of a job, and after it has looked at what stands, somebody else does something. */
  const meddling = (meddle: () => Promise<unknown>): JobPorts => {
    let meddled: Promise<unknown> | undefined
    const handle: CommandHandler['handle'] = async (invocation) => {
      await (meddled ??= meddle())
      return handler.handle(invocation)
    }
    return { ...ports, aliases: { ...handler, handle } }
  }
  return { store, ports, give, meddling }
}

function source(names: readonly string[], target = 1): ImportSource {
  const lines = names.map((name, n) => ({
    line: n + 1,
    characters: 100,
    alias: aliasLine.parse({ scope, name, target: { kind: 'channel', channelId: channel(target) } }),
  }))
  const subjects = new Set<string>(names.map((name) => slotSubject(scope, name)))
  return {
    total: names.length,
    bad: 0,
    scopes: [scope],
    digest: JSON.stringify([names, target]),
    has: (subject) => subjects.has(subject),
    concerns: (subject) => subjects.has(subject),
    async *lines() {
      yield lines
    },
  }
}

/** Something in the log, so that a job has to look at it. */
const someJob = () => {
  const start = { kind: 'import', indexScopes: [scope], digest: 'another', jobId: jobId.parse(ulid()) }
  return { commandId: ulid() as CommandId, data: start }
}

const importing = (of: ImportSource) => ({
  jobId: jobId.parse(ulid()),
  actor: admin,
  source: of,
  replace: false,
  dryRun: false,
})

async function all(messages: AsyncIterable<JobMessage>) {
  const told: JobMessage[] = []
  for await (const message of messages) told.push(message)
  return { told, report: told.at(-1) as Report, problems: told.filter((message) => message.type === 'problem') }
}

const names = (count: number) => Array.from({ length: count }, (_, n) => `name_${n}`)

test('what somebody else changes after an import began is told and left alone', async (t) => {
  const { ports, give, meddling, store } = world()
  for (const name of ['name_5', 'name_1500'])
    await give('alias.register', { scope, name, target: { kind: 'channel', channelId: channel(7) } })
  const meddled = meddling(async () => {
    await give('alias.disable', { scope, name: 'name_1500' })
    await give('alias.register', { scope, name: 'name_1700', target: { kind: 'channel', channelId: channel(8) } })
  })
  const request = importing(source(names(2000)))
  const { report, problems } = await all(runImport(request, meddled, signal))
  t.like(report, { status: 'completed', counts: { added: 1997, changed: 1, conflicts: 2, refused: 0 } })
  t.deepEqual(
    problems.map((problem) => [problem.line, problem.code]),
    [
      [1501, 'changed_meanwhile'],
      [1701, 'changed_meanwhile'],
    ],
  )
  t.is((await store.readAggregate(slotSubject(scope, 'name_1500'))).length, 2)
  const { sequence } = await store.head()
  t.deepEqual((await all(runImport(request, ports, signal))).report.counts, report.counts)
  t.is((await store.head()).sequence, sequence)
})

test('a line that the rules refuse by then is taken out, and the others of its set are imported', async (t) => {
  const { give, meddling } = world()
  const meddled = meddling(() =>
    give('alias.register', {
      scope,
      name: 'cop_3',
      target: { kind: 'channel', channelId: channel(8) },
    }),
  )
  const { report, problems } = await all(
    runImport(importing(source(['a', '\u0441\u043e\u0440_3', 'b'])), meddled, signal),
  )
  t.like(report, { status: 'completed', counts: { added: 2, refused: 1 } })
  t.deepEqual(
    problems.map((problem) => [problem.line, problem.code]),
    [[2, 'look_alike_taken']],
  )
})

test('an import that is stopped, or cannot reach the log for long, stays begun and goes on later', async (t) => {
  const { ports, store } = world()
  const stopping = new AbortController()
  const handle: CommandHandler['handle'] = async (invocation) => {
    if ((await store.head()).sequence < 1500) return ports.aliases.handle(invocation)
    stopping.abort()
    return { status: 'unavailable', message: 'away' }
  }
  const request = importing(source(names(5000)))
  const stopped = await all(runImport(request, { ...ports, aliases: { ...ports.aliases, handle } }, stopping.signal))
  t.is(stopped.report.status, 'interrupted')
  t.is((await readJob(request.jobId, ports)).status, 'running')
  const { report } = await all(runImport(request, ports, signal))
  t.like(report, { status: 'completed', counts: { added: 5000, conflicts: 0 } })
  t.is((await store.head()).sequence, 5002)
})

test('a log that does not answer for a while, and others who are quicker, hold an import up and do not end it', async (t) => {
  const { ports, store } = world()
  const seen = new Map<string, number>()
  const fails = (what: string): boolean => {
    seen.set(what, (seen.get(what) ?? 0) + 1)
    return (seen.get(what) ?? 0) <= 2
  }
  const away = (what: string): void => {
    if (fails(what)) throw new EventStoreUnavailable(`${what} cannot be read`)
  }
  const slow = ({ handle, types }: CommandHandler): CommandHandler => ({
    types,
    handle: async (invocation) => {
      if (!fails(invocation.type)) return handle(invocation)
      return seen.get(invocation.type) === 1
        ? { status: 'unavailable', message: 'away' }
        : { status: 'conflict', message: 'others were quicker', expected: 0, actual: 1 }
    },
  })
  const slowly: JobPorts = {
    ...ports,
    aliases: slow(ports.aliases),
    jobs: slow(ports.jobs),
    store: {
      head: async () => (away('head'), store.head()),
      readAggregate: async (subject) => (away('aggregate'), store.readAggregate(subject)),
      readAll: (options) => (away('log'), store.readAll(options)),
    },
  }
  await ports.jobs.handle({ type: 'alias-job.start', actor: admin, request: someJob() })
  const { report } = await all(runImport(importing(source(names(5))), slowly, signal))
  t.like(report, { status: 'completed', counts: { added: 5, conflicts: 0 } })
  t.deepEqual(Object.fromEntries(seen), {
    head: 3,
    'alias-job.start': 3,
    aggregate: 3,
    log: 3,
    'alias.apply-change-set': 3,
    'alias-job.complete': 3,
  })
})

for (const away of ['head', 'readAll', 'start', 'change set', 'complete']) {
  test(`an import that has to do without the log for too long says so, and goes on later: ${away}`, async (t) => {
    const { ports, store } = world()
    await ports.jobs.handle({ type: 'alias-job.start', actor: admin, request: someJob() })
    const unavailable = { status: 'unavailable', message: 'the event store is too slow' } as const
    const lost = async (): Promise<never> => Promise.reject(new EventStoreUnavailable('EVENTS cannot be read'))
    const without: JobPorts = {
      ...ports,
      patienceMs: 50,
      aliases: away === 'change set' ? { types: [], handle: async () => unavailable } : ports.aliases,
      jobs: {
        types: [],
        handle: async (invocation) =>
          invocation.type === `alias-job.${away}` ? unavailable : ports.jobs.handle(invocation),
      },
      store: {
        head: away === 'head' ? lost : () => store.head(),
        readAggregate: (subject) => store.readAggregate(subject),
        readAll: (options) => {
          if (away === 'readAll') throw new EventStoreUnavailable('EVENTS cannot be read')
          return store.readAll(options)
        },
      },
    }
    const request = importing(source(names(5)))
    const { report } = await all(runImport(request, without, signal))
    t.is(report.status, 'interrupted')
    t.regex(String(report.reason), /for too long: .*(too slow|cannot be read); .* the same job given again goes on/)
    t.like((await all(runImport(request, ports, signal))).report, { status: 'completed', counts: { added: 5 } })
  })
}

test('a job that is given up is failed, once', async (t) => {
  const { ports, store } = world()
  const request = importing(source(names(5)))
  t.like(await giveUpJob(request.jobId, admin, ports), { status: 'rejected', code: 'job_not_found' })
  const start = { kind: 'import', indexScopes: [scope], digest: request.source.digest, jobId: request.jobId }
  await ports.jobs.handle({
    type: 'alias-job.start',
    actor: admin,
    request: { commandId: ulid() as CommandId, data: start },
  })
  t.like(await giveUpJob(request.jobId, admin, ports), { status: 'accepted', events: { length: 1 } })
  t.like(await readJob(request.jobId, ports), { status: 'ended', failure: 'given up by root' })
  t.like((await all(runImport(request, ports, signal))).report, { status: 'failed', reason: 'given up by root' })
  t.is((await store.head()).sequence, 2)
})

test('names of any script fit into sets of 1,000 events, look-alikes noted', async (t) => {
  const { ports, store } = world()
  const russian = Array.from({ length: 1200 }, (_, n) => `насос ${n}`)
  const { report } = await all(runImport(importing(source(russian)), ports, signal))
  t.like(report, { status: 'completed', counts: { added: 1200 } })
  t.is((await store.head()).sequence, 2402)
})

test('what somebody else changes after a rollback began is told and left alone', async (t) => {
  const { give, meddling, store } = world()
  for (const name of ['a', 'b'])
    await give('alias.register', { scope, name, target: { kind: 'channel', channelId: channel(1) } })
  const { sequence: toPosition } = await store.head()
  for (const name of ['a', 'b']) await give('alias.disable', { scope, name })
  const meddled = meddling(() => give('alias.describe', { scope, name: 'b', description: 'mine' }))
  const job = { jobId: jobId.parse(ulid()), actor: admin, scope, toPosition, dryRun: false }
  const { report, problems } = await all(runRollback(job, meddled, signal))
  t.like(report, { status: 'completed', counts: { changed: 1, conflicts: 1, unchanged: 0 } })
  t.like(problems[0], { name: 'b', code: 'changed_meanwhile' })
})

test('an alias that was renamed and then changed by somebody else is brought back nowhere', async (t) => {
  const { give, meddling, store } = world()
  await give('alias.register', { scope, name: 'a', target: { kind: 'channel', channelId: channel(1) } })
  const { sequence: toPosition } = await store.head()
  await give('alias.rename', { scope, name: 'a', newName: 'b' })
  const { sequence } = await store.head()
  const meddled = meddling(() => give('alias.describe', { scope, name: 'b', description: 'mine' }))
  const job = { jobId: jobId.parse(ulid()), actor: admin, scope, toPosition, dryRun: false }
  const { report } = await all(runRollback(job, meddled, signal))
  t.like(report, { status: 'completed', counts: { added: 0, removed: 0, conflicts: 2 } })
  t.is((await store.head()).sequence, sequence + 3)
})

test('whatever happened since, a rollback makes the content of its position, in that scope and no other', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(aliasCommand, { minLength: 1, maxLength: 25 }), fc.nat(), async (commands, cut) => {
      const { ports, give, store } = world()
      for (const { type, data } of commands) await give(type, within(data))
      const { sequence } = await store.head()
      const toPosition = sequence === 0 ? 0 : cut % (sequence + 1)
      const filters = ['evt.alias.>']
      const [then, before] = await contentsAt(store, [toPosition, sequence], { filters, signal })
      const job = { jobId: jobId.parse(ulid()), actor: admin, scope, toPosition, dryRun: false }
      const { report } = await all(runRollback(job, ports, signal))
      t.is(report.status, 'completed')
      const end = await store.head()
      const [after] = await contentsAt(store, [end.sequence], { filters, signal })
      const at = ports.now()
      const isOfSite = (subject: string): boolean => /^evt\.alias\.(site|node)\./.test(subject)
      t.deepEqual(shown(after, at, isOfSite), shown(then, at, isOfSite))
      const others = (subject: string): boolean => !isOfSite(subject)
      t.deepEqual(shown(after, at, others), shown(before, at, others))
    }),
    { numRuns: 300 },
  )
})

/** Expiry is a matter of the clock, which goes on during the test: without it. */
function within(data: AliasCommand['data']): object {
  const lasting = <D extends object>(of: D): D => ('expiresAt' in of ? { ...of, expiresAt: null } : of)
  return 'operations' in data ? { ...data, operations: data.operations.map(lasting) } : lasting(data)
}

function shown(
  contents: Awaited<ReturnType<typeof contentsAt>>[number] | undefined,
  at: number,
  of: (subject: string) => boolean,
) {
  const live = [...(contents ?? [])].flatMap(([subject, { state }]) => {
    if (!of(subject) || !isLive(state, at)) return []
    const { lookAlikes: _, status: __, ...alias } = state
    return [[subject, alias] as const]
  })
  return Object.fromEntries(live.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
