import { z } from 'zod'
import { apiKeyId } from '../../schemas/access.ts'
import { commandResult } from '../../schemas/command.ts'
import { issueBody, issuedApiKey } from '../../schemas/http/api-keys.ts'
import type { HttpDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { answers } from './problem-answers.ts'
import { sendCommandResult } from './send-command-result.ts'

const tags = ['access']
const problems = [400, 401, 403, 404, 409, 413, 422, 429, 503] as const

/** API keys: issued with a secret that is shown once, revoked for good. */
export function accessRoutes(app: HttpServer, { bus, apiKeySecrets, newId }: HttpDependencies): void {
  app.post(
    '/api/access/api-keys',
    {
      schema: {
        tags,
        summary: 'Issue an API key',
        body: issueBody,
        response: answers({ 201: issuedApiKey }, ...problems),
      },
    },
    async (request, reply) => {
      const { apiKeyId: id = apiKeyId.parse(newId()), ...rest } = request.body
      const { text, digest } = apiKeySecrets.mint(id)
      const body = { commandId: newId(), data: { apiKeyId: id, digest, ...rest } }
      const result = await bus.dispatch({ type: 'access.issue-api-key', body, actor: request.actor })
      if (result.status !== 'accepted') return sendCommandResult(reply, result)
      const { commandId, position } = result
      reply.header('pharos-position', position).header('location', `/api/access/api-keys/${id}`)
      return reply.code(201).send({ apiKeyId: id, apiKey: text, position, commandId })
    },
  )

  app.delete(
    '/api/access/api-keys/:apiKeyId',
    {
      schema: {
        tags,
        summary: 'Revoke an API key',
        params: z.object({ apiKeyId }),
        response: answers({ 200: commandResult }, ...problems),
      },
    },
    async (request, reply) => {
      const body = { commandId: newId(), data: { apiKeyId: request.params.apiKeyId } }
      return sendCommandResult(reply, await bus.dispatch({ type: 'access.revoke-api-key', body, actor: request.actor }))
    },
  )
}
