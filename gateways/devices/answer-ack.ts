import { hash } from 'node:crypto'
import stringify from 'fast-json-stable-stringify'
import type { AckAnswer, SyncAck } from '../../schemas/device-sync/messages.ts'
import { macAddress } from '../../schemas/mac-address.ts'
import { readTraceparent } from '../observability/traceparent.ts'
import type { DevicePorts, ProvenDevice } from './device-ports.ts'
import type { HandedManifests } from './handed-manifests.ts'
import { syncEnvelope } from './sync-envelope.ts'

/** Type of the command that refused acks are counted under. */
const COMMAND = 'device-sync.ack'

/**
 * Keeps what a device says became of a manifest. Of its own only: a MAC in a body is a name, not a proof. The same ack
 * again is acknowledged again. What rejects is an outage.
 */
export async function answerAck(
  ports: DevicePorts,
  handed: HandedManifests,
  device: ProvenDevice,
  ack: SyncAck,
): Promise<AckAnswer> {
  const { traceparent, mac, status: result, completedAt, ...told } = ack
  const known = macAddress.safeParse(mac)
  if (!known.success || known.data !== device.mac)
    return refuse('other_mac', `this is device ${device.deviceId} with the MAC ${device.mac}`)
  const manifestSha256 = await handed.sha256Of(device, ack.manifestId)
  if (manifestSha256 === undefined)
    return refuse('foreign_manifest', `manifest ${ack.manifestId} was never handed to device ${device.deviceId}`)
  const { traceparent: _, ...content } = ack
  const digest = hash('sha256', stringify({ deviceId: device.deviceId, ...content }))
  const at = completedAt ?? new Date(ports.now()).toISOString()
  const data = { ...device, ...told, manifestSha256, result, completedAt: at, digest }
  const envelope = syncEnvelope({ type: 'sync.acknowledged', data }, ports, readTraceparent(traceparent))
  await ports.evidence.append(envelope, digest)
  return { status: 'acknowledged' }

  function refuse(code: string, message: string): AckAnswer {
    ports.onRefused({ command: COMMAND, actor: `device:${device.deviceId}`, status: 'forbidden', code, message })
    return { status: 'refused', code, message }
  }
}
