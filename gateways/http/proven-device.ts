import type { FastifyReply, FastifyRequest } from 'fastify'
import { apiKeyId } from '../../schemas/access.ts'
import { macAddress } from '../../schemas/mac-address.ts'
import type { CredentialBook } from '../devices/credential-book.ts'
import type { DevicePorts, ProvenDevice } from '../devices/device-ports.ts'
import { sendProblem } from './problems.ts'

const API_KEY = /^api-key:(.+)$/

/**
 * The device whose present API key the request came with, if it is the one of that MAC; else nothing, and the request
 * is answered. A MAC is a name, not a proof: it must agree, and that is all that it is good for.
 */
export async function provenDevice(
  { actor }: FastifyRequest,
  reply: FastifyReply,
  asked: {
    readonly book: Pick<CredentialBook, 'of' | 'ofApiKey' | 'soon'>
    readonly ports: Pick<DevicePorts, 'onRefused'>
    readonly mac: string
    /** What it is counted under when it is refused. */
    readonly command: string
  },
): Promise<ProvenDevice | undefined> {
  const { book, ports, mac, command } = asked
  const id = apiKeyId.safeParse(API_KEY.exec(actor.id)?.[1])
  const key = id.success && actor.roles.includes('device') ? id.data : undefined
  const deviceId = key === undefined ? undefined : await book.soon(() => book.ofApiKey(key))
  const known = deviceId === undefined ? undefined : book.of(deviceId)
  if (deviceId === undefined || known?.status !== 'active')
    return refuse(actor.id, 'not_a_device', 'this credential is not the present one of any device')
  // As it is kept; an ack may spell it otherwise.
  if (macAddress.safeParse(mac).data !== known.mac)
    return refuse(`device:${deviceId}`, 'other_mac', `this is the credential of device ${deviceId}, of another MAC`)
  return { deviceId, mac: known.mac, via: 'http' }

  function refuse(who: string, code: string, message: string): undefined {
    ports.onRefused({ command, actor: who, status: 'forbidden', code, message })
    void sendProblem(reply, { status: 403, code, detail: message })
    return undefined
  }
}
