import { z } from 'zod'
import type { ProbeDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { sendProblem } from './problems.ts'
import { answers } from './problem-answers.ts'

const tags = ['operations']
const open = { config: { open: true } }
const security: [] = []

/** What watches the process: alive, able to work, and how much it does. Only `/metrics` needs a credential. */
export function probeRoutes(app: HttpServer, { readiness, metrics, policy }: ProbeDependencies): void {
  app.get(
    '/healthz',
    { ...open, schema: { tags, security, summary: 'Alive', response: { 200: z.object({ status: z.literal('ok') }) } } },
    () => ({
      status: 'ok' as const,
    }),
  )

  const checks = z.object({
    ready: z.boolean(),
    checks: z.record(z.string(), z.string()),
    degraded: z.array(z.string()).describe('What needs somebody to look at, although this process does its work'),
  })
  app.get(
    '/readyz',
    {
      ...open,
      schema: { tags, security, summary: 'Able to work, and what is missing', response: { 200: checks, 503: checks } },
    },
    async (_, reply) => {
      const { ready, checks, degraded } = await readiness()
      return reply.code(ready ? 200 : 503).send({ ready, checks: { ...checks }, degraded: [...degraded] })
    },
  )

  const { registry } = metrics
  if (registry === undefined) return
  const schema = { tags, summary: 'Metrics for Prometheus', response: answers({ 200: z.string() }, 401, 403) }
  app.get('/metrics', { schema }, async (request, reply) => {
    if (!policy.allows(request.actor, { action: 'read', on: 'operations' }))
      return sendProblem(reply, { status: 403, code: 'forbidden', detail: `${request.actor.id} may not read metrics` })
    // Not JSON: sent as it is.
    return reply
      .type(registry.contentType)
      .serializer(String)
      .send(await registry.metrics())
  })
}
