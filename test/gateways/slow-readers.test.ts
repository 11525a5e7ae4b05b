import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { ulid } from 'ulid'
import { createHttpServer } from '../../gateways/http/create-http-server.ts'
import type { Queries } from '../../gateways/queries.ts'
import type { AliasView } from '../../schemas/queries/alias.ts'
import type { AuditLine } from '../../schemas/queries/audit.ts'
import { eventually } from '../support/infrastructure.ts'
import { gatewayFixture } from './gateway-fixture.ts'

const LONG = 'x'.repeat(2_000)
const ALIAS = {
  aliasId: ulid() as AliasView['aliasId'],
  number: 1,
  scope: { kind: 'global' },
  name: 'Profile' as AliasView['name'],
  target: { kind: 'endpoint', url: 'https://api.example.com/v1/users/profile' },
  owner: 'ada',
  description: null,
  metadata: { note: LONG },
  enabled: true,
  expiresAt: null,
  registeredAt: '2026-03-01T12:00:00Z',
  registeredBy: 'ada',
  updatedAt: '2026-03-01T12:00:00Z',
  revision: 1,
} satisfies AliasView
const ENTRY = {
  id: 1,
  stream: 'EVENTS',
  position: 1,
  action: 'alias.register',
  actor: 'ada',
  status: 'accepted',
  subject: 'evt.alias.global.profile',
  commandId: ulid(),
  details: { note: LONG },
  createdAt: '2026-03-01T12:00:00Z',
  isArchived: false,
  archivedAt: null,
  prevHash: '',
  hash: '',
} satisfies AuditLine

const EXPORTS = {
  aliases: { path: '/api/aliases/export', accept: 'application/x-ndjson' },
  audit: { path: '/api/audit', accept: 'application/x-ndjson' },
} as const
type Export = keyof typeof EXPORTS

/** The gateway over lists that do not end: that nobody reads any more shows in that nothing more is asked for. */
async function serve(
  t: ExecutionContext,
  limits: { exports?: number; exportsPerCredential?: number; stallMs?: number },
) {
  const asked = { pages: 0 }
  const page = <T>(one: T): { page: readonly T[]; nextCursor: string } => {
    asked.pages++
    return { page: Array.from({ length: 100 }, () => one), nextCursor: 'more' }
  }
  const queries: Partial<Queries> = {
    async listAliases() {
      const { page: aliases, nextCursor } = page<AliasView>(ALIAS)
      return { aliases, nextCursor }
    },
    async listAudit() {
      const { page: entries, nextCursor } = page<AuditLine>(ENTRY)
      return { entries, nextCursor }
    },
  }
  const fixture = gatewayFixture(queries)
  const app = await createHttpServer({
    ...fixture,
    readiness: async () => ({ ready: true, checks: {}, degraded: [] }),
    newId: () => ulid(),
    version: '1.2.3',
    limits: { requestsPerMinute: 1000, streamsPerCredential: 1, streams: 1, beatMs: 1000, ...limits },
    openDocs: false,
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const sockets: Socket[] = []
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    await app.close()
  })
  return {
    asked,
    open: (): Promise<number> =>
      new Promise((resolve, reject) =>
        app.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
      ),
    /** Begins an export, and takes nothing of it but the head. */
    async begin(what: Export, sub: string): Promise<{ readonly socket: Socket; readonly status: number }> {
      const { path, accept } = EXPORTS[what]
      const token = await fixture.token(['admin'], sub)
      const socket = connect({ port, host: '127.0.0.1' })
      sockets.push(socket)
      socket.on('error', () => undefined)
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nAccept: ${accept}\r\n\r\n`)
      await once(socket, 'readable')
      const head = String(socket.read(12))
      return { socket, status: Number(head.slice(9, 12)) }
    },
  }
}

for (const what of Object.keys(EXPORTS) as Export[]) {
  test(`whoever takes nothing of an export is let go, and nothing more is read for it: ${what}`, async (t) => {
    t.timeout(300_000)
    const { asked, open, begin } = await serve(t, { stallMs: 500 })
    t.is((await begin(what, 'ada')).status, 200)
    await eventually(async () => (await open()) === 0, { timeoutMs: 60_000, what: 'the connection is closed' })
    const { pages } = asked
    t.true(pages > 1)
    // A new one is served: the one before has given its place back, and asks for nothing beside it.
    t.is((await begin(what, 'ada')).status, 200)
    await eventually(async () => (await open()) === 0, { timeoutMs: 60_000, what: 'the connection is closed' })
    t.true(asked.pages < 3 * pages + 10, `${pages} pages, then ${asked.pages}`)
  })

  test(`exports on their way are bounded, of one credential and of all, and make room when they end: ${what}`, async (t) => {
    t.timeout(300_000)
    const { open, begin } = await serve(t, { exports: 3, exportsPerCredential: 2 })
    const first = await begin(what, 'ada')
    t.deepEqual([first.status, (await begin(what, 'ada')).status], [200, 200])
    t.is((await begin(what, 'ada')).status, 429)
    t.is((await begin(what, 'bob')).status, 200)
    t.is((await begin(what, 'eve')).status, 503)
    const before = await open()
    first.socket.destroy()
    await eventually(async () => (await open()) < before, { timeoutMs: 60_000, what: 'the server has noticed' })
    t.is((await begin(what, 'eve')).status, 200)
  })
}
