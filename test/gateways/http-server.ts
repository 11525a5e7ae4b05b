import type { ExecutionContext } from 'ava'
import { ulid } from 'ulid'
import { createHttpServer } from '../../gateways/http/create-http-server.ts'
import type { Queries } from '../../gateways/queries.ts'
import type { Role } from '../../schemas/actor.ts'
import type { Scope } from '../../schemas/scope.ts'
import { gatewayFixture } from './gateway-fixture.ts'

interface Options {
  readonly queries?: Partial<Queries>
  readonly requestsPerMinute?: number
  readonly arrivalMs?: number
  readonly openDocs?: boolean
  readonly ready?: boolean
}

/** The REST gateway over a log in memory, and ways to ask it as somebody. */
export async function serve(
  t: ExecutionContext,
  { queries = {}, requestsPerMinute = 1000, arrivalMs = 30_000, openDocs = false, ready = true }: Options = {},
) {
  const fixture = gatewayFixture(queries)
  const app = await createHttpServer({
    ...fixture,
    readiness: async () => ({ ready, checks: { log: ready ? 'ok' : 'away' }, degraded: [] }),
    newId: () => ulid(),
    version: '1.2.3',
    limits: {
      requestsPerMinute,
      requestTimeoutMs: arrivalMs,
      streamsPerCredential: 2,
      streams: 3,
      beatMs: 1000,
    },
    openDocs,
  })
  t.teardown(() => app.close())
  const as = async (roles: readonly Role[], sub?: string, scopes?: readonly Scope[]) => {
    const headers = { authorization: `Bearer ${await fixture.token(roles, sub, scopes)}` }
    return (
      method: 'GET' | 'POST' | 'PUT' | 'DELETE',
      url: string,
      body?: object | string,
      more: Record<string, string> = {},
    ) => app.inject({ method, url, headers: { ...headers, ...more }, ...(body === undefined ? {} : { payload: body }) })
  }
  return { ...fixture, app, as, admin: await as(['admin']) }
}

export const url = 'https://api.example.com/v1/users/profile'
export const frontend = { kind: 'context', context: 'frontend' }
export const target = { kind: 'endpoint', url }
export const profile = { scope: frontend, name: 'Profile', target }
