import { z } from 'zod'
import { apiKeyId as apiKeyIdSchema } from '../../schemas/access.ts'
import { commandResult, type CommandResult } from '../../schemas/command.ts'
import { deviceId as deviceIdSchema } from '../../schemas/device-sync/manifest.ts'
import { deviceCredentialEventData } from '../../schemas/events/device-credential.ts'
import { macAddress } from '../../schemas/mac-address.ts'
import { provisionBody, provisionedDevice } from '../../schemas/http/device-credentials.ts'
import type { HttpDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { answers } from './problem-answers.ts'
import { sendCommandResult } from './send-command-result.ts'
import { sendProblem } from './problems.ts'

const tags = ['device credentials']
const problems = [400, 401, 403, 404, 409, 413, 422, 429, 503] as const
const params = z.object({ device: deviceIdSchema })
const provisioned = deviceCredentialEventData['device-credential.provisioned']

/** Credentials of devices: for NATS by a key that the device's side has made, for HTTP by an API key; revoked for good. */
export function deviceCredentialRoutes(
  app: HttpServer,
  { bus, devices, policy, apiKeySecrets, newId }: HttpDependencies,
): void {
  app.put(
    '/api/fleet/devices/:device/credential',
    {
      schema: {
        tags,
        summary: 'Provision a device: a new credential in place of the one that it has',
        params: z.object({ device: z.string().max(64).describe('Its id, or its MAC address') }),
        body: provisionBody,
        response: answers({ 201: provisionedDevice }, ...problems),
      },
    },
    async (request, reply) => {
      if (devices === undefined)
        return sendProblem(reply, { status: 503, code: 'unavailable', detail: 'this process has no keys for devices' })
      // Before it is said what is in the fleet and what is not.
      if (!policy.allows(request.actor, { action: 'administer', on: 'access' }))
        return sendProblem(reply, {
          status: 403,
          code: 'forbidden',
          detail: 'this credential may not provision devices',
        })
      const { enrolment, book } = devices
      const { device: name } = request.params
      const address = macAddress.safeParse(name).data ?? ''
      const found = await book.soon(() => book.find(name) ?? book.find(address))
      if (found?.status !== 'registered') {
        const detail = `there is no device "${name}" ${found === undefined ? 'in the fleet' : 'any more'}: register it first`
        return sendProblem(reply, { status: 404, code: 'device_not_found', detail })
      }
      const { deviceId, mac } = found
      const { publicKey, expiresAt } = request.body
      if (publicKey !== undefined && enrolment.mintJwt === undefined)
        return sendProblem(reply, {
          status: 422,
          code: 'no_nats_credentials',
          detail: 'no NATS credentials are made here: leave publicKey out for a device that uses HTTP only',
          violations: [{ field: 'body.publicKey', message: 'must be left out here' }],
        })
      const apiKeyId = apiKeyIdSchema.parse(newId())
      const data = { deviceId, mac, apiKeyId, expiresAt, ...(publicKey === undefined ? {} : { publicKey }) }
      const send = (type: string, of: object, dryRun = false): Promise<CommandResult> =>
        bus.dispatch({ type, body: { commandId: newId(), data: of, dryRun }, actor: request.actor })

      // What would be refused leaves no key behind.
      const tried = await send('device-credential.provision', data, true)
      if (tried.status !== 'accepted') return sendCommandResult(reply, tried)
      const { text: apiKey, digest } = apiKeySecrets.mint(apiKeyId)
      const issued = await send('access.issue-api-key', {
        apiKeyId,
        label: `device ${deviceId}`,
        digest,
        roles: ['device'],
        expiresAt,
      })
      if (issued.status !== 'accepted') return sendCommandResult(reply, issued)
      const result = await send('device-credential.provision', data)
      if (result.status !== 'accepted') {
        await send('access.revoke-api-key', { apiKeyId })
        return sendCommandResult(reply, result)
      }
      const event = provisioned.parse(result.events[0]?.data)
      const natsJwt =
        publicKey === undefined
          ? undefined
          : enrolment.mintJwt?.({
              deviceId,
              publicKey,
              issuedAt: Math.floor(Date.parse(event.issuedAt) / 1000),
              expiresAt: Math.floor(Date.parse(event.expiresAt) / 1000),
            })
      reply.header('pharos-position', result.position).header('cache-control', 'no-store')
      return reply.code(201).send({
        deviceId,
        identity: { deviceId, mac: event.mac, natsUrl: enrolment.natsUrl, rootKey: await enrolment.rootKey() },
        ...(natsJwt === undefined ? {} : { natsJwt }),
        apiKeyId,
        apiKey,
        expiresAt: event.expiresAt,
        position: result.position,
        commandId: result.commandId,
      })
    },
  )

  app.delete(
    '/api/fleet/devices/:device/credential',
    {
      schema: {
        tags,
        summary: "Revoke a device's credential: it is out at once, and stays out",
        params,
        querystring: z.object({ reason: z.string().min(1).max(500).optional() }),
        response: answers({ 200: commandResult }, ...problems),
      },
    },
    async (request, reply) => {
      const data = { deviceId: request.params.device, ...request.query }
      const body = { commandId: newId(), data }
      return sendCommandResult(
        reply,
        await bus.dispatch({ type: 'device-credential.revoke', body, actor: request.actor }),
      )
    },
  )
}
