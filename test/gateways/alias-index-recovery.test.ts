import test from 'ava'
import fc from 'fast-check'
import { connect } from '@nats-io/transport-node'
import type { BoundAliases } from '../../gateways/client/index.ts'
import { natsConnectOptions } from '../../infra/nats/nats-connect-options.ts'
import { privateNats } from '../crash/private-server.ts'
import { breakableLink } from '../infra/breakable-link.ts'
import { afterTests, eventually, testNats } from '../support/infrastructure.ts'
import { A, aliasClient, B, C, PATIENT } from './alias-client.ts'
import { AliasIndexPublisher, type Change, place } from './alias-index-publisher.ts'

const SITE = { kind: 'site', site: 'KSEA' } as const

/** Through a link that can be cut, with the user and password of the URL. */
function through(link: { readonly address: string }, url: string): string {
  const linked = new URL(url)
  linked.host = link.address
  return linked.href
}

test('a client that was away for 50 versions, their deltas pruned and NATS restarted, is right again', async (t) => {
  t.timeout(300_000)
  const nats = await privateNats()
  const link = await breakableLink(new URL(nats.url).host)
  const connection = await connect({ ...natsConnectOptions(nats.url), maxReconnectAttempts: -1, reconnectTimeWait: 50 })
  afterTests(() => connection.close())
  const site = await AliasIndexPublisher.open(connection, SITE)
  let now = Date.now()
  const expiresAt = now + 60_000
  await site.base([
    { name: 'x', target: A },
    { name: 'gone', target: A },
    { node: 'n', name: 'short', target: A, expiresAt },
    { name: 'short', target: B },
  ])
  const { aliases, versions } = await aliasClient(through(link, nats.url), { now: () => now })
  const bound = aliases.bind({ site: 'KSEA', node: 'n' })
  await bound.ready(PATIENT)

  link.cut()
  await eventually(() => !bound.status().isConnected, PATIENT)
  for (let i = 0; i < 50; i++)
    await site.change({
      set: [
        { name: 'x', target: i % 2 ? B : C },
        { name: `new ${i}`, target: A },
      ],
      remove: [{ name: 'gone' }],
    })
  await site.compact()
  await nats.stop()
  await nats.start()

  // Still what it knew, with its age, and expiries as of now.
  t.is(bound.resolve('x')?.target, A)
  t.is(bound.resolve('short')?.target, A)
  now = expiresAt
  t.is(bound.resolve('short')?.target, B)
  t.true((bound.status().ageMs ?? 0) >= 59_000)

  link.mend()
  await eventually(() => bound.status().scopes[0]?.version === 51, PATIENT)
  t.is(bound.resolve('x')?.target, B)
  t.is(bound.resolve('gone'), undefined)
  t.is(bound.resolve('new 49')?.target, A)
  await eventually(() => bound.status().scopes[0]?.ageMs === 0, PATIENT)
  t.is(versions.filter(({ scope }) => scope === 'site.KSEA').length, 2)

  // And the watch is alive again.
  await eventually(() => site.change({ set: [{ name: 'x', target: C }] }), PATIENT)
  await eventually(() => bound.resolve('x')?.target === C, PATIENT)
})

test('closing ends at once, whatever is under way', async (t) => {
  const nats = await testNats(t)
  const site = await AliasIndexPublisher.open(await nats.connect(), SITE)
  await site.base([{ name: 'x', target: A }])
  const { pharos, aliases } = await aliasClient(nats.url)
  const bound = aliases.bind({ site: 'KSEA' })
  const waiting = bound.ready({ timeoutMs: 60_000 })
  await pharos.close()
  await waiting.catch(() => undefined)
  t.throws(() => aliases.bind({ site: 'KSEA' }), { message: /closed/ })
  t.deepEqual(
    await pharos.command('alias.remove', { scope: { kind: 'global' }, name: 'x' }).catch(({ name }) => name),
    'ClosedConnectionError',
  )
})

test('a client that waits for a server to come can be closed', async (t) => {
  const { pharos, faults } = await aliasClient('nats://127.0.0.1:1', { directory: '/nonexistent/pharos' })
  pharos.aliases.bind()
  t.is(faults[0]?.code, 'unreachable')
  const outcome = await pharos.command('alias.remove', { scope: { kind: 'global' }, name: 'x' }, { timeoutMs: 50 })
  t.is(outcome.status, 'unavailable')
  await pharos.close()
})

const name = fc.constantFrom('a', 'A', 'b', 'ß', 'SS', 'c:d', '💧', 'e *')
const node = fc.constantFrom(null, 'n1', 'n2')
const set = fc.array(fc.record({ node, name, target: fc.constantFrom(A, B, C) }), { maxLength: 6 })
const remove = fc.array(fc.record({ node, name }), { maxLength: 4 })
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('change' as const), set, remove }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('compact' as const), parts: fc.constantFrom(2, Infinity) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('base' as const), set }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('damage' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('cut' as const, 'mend' as const, 'settle' as const) }) },
)

test('after any versions, losses and damage, memory is what the last pointer says', async (t) => {
  t.timeout(300_000)
  const nats = await testNats(t)
  const connection = await nats.connect()
  const link = await breakableLink(new URL(nats.url).host)
  const { aliases } = await aliasClient(through(link, nats.url))
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const site = `S${run++}`
      const publisher = await AliasIndexPublisher.open(connection, { kind: 'site', site })
      await publisher.base([])
      const bound = aliases.bind({ site })
      for (const one of steps) {
        if (one.kind === 'change') await publisher.change(consistent(one))
        else if (one.kind === 'compact') await publisher.compact(one.parts)
        else if (one.kind === 'base') await publisher.base(consistent(one).set ?? [])
        else if (one.kind === 'damage') await publisher.putText('{}')
        else if (one.kind === 'cut') link.cut()
        else {
          link.mend()
          if (one.kind === 'settle') await caughtUp(bound, publisher)
        }
      }
      link.mend()
      await publisher.change({})
      await caughtUp(bound, publisher)
      for (const n of ['n1', 'n2', null]) {
        const view = aliases.bind(n === null ? { site } : { site, node: n })
        await view.ready(PATIENT)
        for (const asked of ['a', 'b', 'ss', 'C:D', '💧', 'E *']) {
          const expected =
            publisher.content.get(place({ node: n, name: asked })) ?? publisher.content.get(place({ name: asked }))
          t.is(view.resolve(asked)?.target, expected?.target)
          t.is(view.resolve(asked)?.name, expected?.name)
        }
        await view.close()
      }
      t.is(bound.status().scopes[0]?.aliases, publisher.content.size)
      await bound.close()
    }),
    { numRuns: 15, endOnFailure: true },
  )
})

/** A name is set or removed in one version, not both. */
function consistent({ set = [], remove = [] }: Change): Change {
  const last = new Map(set.map((entry) => [place(entry), entry]))
  return { set: [...last.values()], remove: remove.filter((gone) => !last.has(place(gone))) }
}

async function caughtUp(bound: BoundAliases, publisher: AliasIndexPublisher): Promise<void> {
  // A damaged pointer stands in the way until the next version.
  await publisher.change({})
  await eventually(() => bound.status().scopes[0]?.version === publisher.pointerVersion(), PATIENT)
}
