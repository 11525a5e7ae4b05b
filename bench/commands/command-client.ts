import { headers, type NatsConnection } from '@nats-io/transport-node'
import { issueToken } from '../../gateways/authentication/issue-token.ts'
import { secretKeyBytes } from '../../gateways/authentication/secret-key.ts'
import { mustBeStored } from './must-be-stored.ts'
import { registerAlias } from './register-alias.ts'

/** Sends one new command and waits for its answer; throws unless it was stored. */
export type SendCommand = () => Promise<void>

/** A sender over NATS request/reply whose actor is in a JWT. */
export async function commandClient(connection: NatsConnection, secretKey: string): Promise<SendCommand> {
  const token = await issueToken(secretKeyBytes(secretKey), {
    sub: 'bench',
    roles: ['operator'],
    ttlSeconds: 3600,
    issuer: 'pharos',
    audience: 'pharos',
    at: Date.now(),
  })
  const sent = headers()
  sent.set('Authorization', `Bearer ${token}`)
  return async () => {
    const request = JSON.stringify(registerAlias())
    const reply = await connection.request('cmd.alias.register', request, { timeout: 10_000, headers: sent })
    mustBeStored(reply.string())
  }
}
