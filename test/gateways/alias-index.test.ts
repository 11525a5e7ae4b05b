import test, { type ExecutionContext } from 'ava'
import { ulid } from 'ulid'
import { createHttpServer } from '../../gateways/http/create-http-server.ts'
import { EventStoreClaims } from '../../infra/event-store-claims.ts'
import type { Actor } from '../../schemas/actor.ts'
import type { IndexScope } from '../../schemas/alias-index.ts'
import { actorId } from '../../schemas/ids.ts'
import { problem } from '../../schemas/problem.ts'
import type { Scope } from '../../schemas/scope.ts'
import { gatewayFixture } from './gateway-fixture.ts'

const SITE = { kind: 'site', site: 'K/SEA 🛫' } as const

/** Three versions of one site. */
async function serve(t: ExecutionContext) {
  const fixture = gatewayFixture()
  const claims = new EventStoreClaims({ store: fixture.store, now: fixture.now, newId: ulid, source: 'test' })
  const claim = async (scope: IndexScope) => {
    const last = await claims.latest(scope, undefined)
    const { sequence } = await fixture.store.head()
    await claims.claim(scope, { version: (last?.version ?? 0) + 1, position: sequence }, last)
  }
  for (let n = 0; n < 3; n++) await claim(SITE)
  const app = await createHttpServer({
    ...fixture,
    metrics: { meanQueryMs: () => 0, request: () => undefined },
    readiness: async () => ({ ready: true, checks: {}, degraded: [] }),
    newId: ulid,
    version: '1.2.3',
    limits: { requestsPerMinute: 1000, streamsPerCredential: 1, streams: 1, beatMs: 1000 },
    openDocs: false,
  })
  t.teardown(() => app.close())
  const get = async (url: string, scopes?: readonly Scope[]) => {
    const authorization = `Bearer ${await fixture.token(['viewer'], 'ada', scopes)}`
    return app.inject({ method: 'GET', url: `/api/alias-index/${url}`, headers: { authorization } })
  }
  return { ...fixture, get }
}

const path = `site:${encodeURIComponent(encodeURIComponent(SITE.site))}`

test('versions over HTTP, with any name of a site in the path', async (t) => {
  const { get } = await serve(t)
  const answer = await get(`${path}/versions?limit=2`)
  t.is(answer.statusCode, 200)
  t.like(answer.json(), {
    versions: [
      { version: 3, position: 2 },
      { version: 2, position: 1 },
    ],
  })
  t.like((await get('global/versions')).json(), { versions: [], nextCursor: null })
  t.is((await get(`${path}/versions`, [{ kind: 'global' }])).statusCode, 403)
  t.is((await get(`${path}/versions`, [SITE])).statusCode, 200)
})

test('a difference over HTTP; what is wrong is named', async (t) => {
  const { get } = await serve(t)
  t.like((await get(`${path}/diff?from=1&to=3`)).json(), { from: { version: 1 }, to: { version: 3 }, changes: [] })
  const unknown = await get(`${path}/diff?from=1&to=4`)
  t.is(unknown.statusCode, 404)
  t.is(problem.parse(unknown.json()).code, 'version_not_found')
  for (const [wrong, field] of [
    [`${path}/diff?from=0&to=1`, 'query.from'],
    [`${path}/diff?from=1`, 'query.to'],
    ['node:KSEA%2Fgate/versions', 'path.scope'],
    ['nowhere/versions', 'path.scope'],
  ] as const) {
    const answer = await get(wrong)
    t.is(answer.statusCode, 400, wrong)
    t.is(problem.parse(answer.json()).violations?.[0]?.field, field)
  }
})

test('the same over the query bus of NATS', async (t) => {
  const { queries } = await serve(t)
  const actor: Actor = { id: actorId.parse('ada'), roles: ['viewer'] }
  const versions = await queries.ask({ type: 'alias.versions', body: { data: { scope: SITE } }, actor })
  t.like(versions, { status: 'ok', value: { versions: [{ version: 3 }, { version: 2 }, { version: 1 }] } })
  const diff = { type: 'alias.diff', body: { data: { scope: SITE, from: 3, to: 9 } }, actor }
  t.like(await queries.ask(diff), { status: 'not_found', code: 'version_not_found' })
})
