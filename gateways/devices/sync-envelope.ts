import { hash } from 'node:crypto'
import type { Envelope } from '../../schemas/envelope.ts'
import { currentType } from '../../schemas/events/current-version.ts'
import type { DeviceSyncEvent } from '../../schemas/events/device-sync.ts'
import { actorId, commandId, eventId } from '../../schemas/ids.ts'
import type { DevicePorts } from './device-ports.ts'

/** Evidence as it stands in stream `SYNC`: who said what, when. Each is a command of its own. */
export function syncEnvelope(
  { type, data }: DeviceSyncEvent,
  { now, newId, source }: Pick<DevicePorts, 'now' | 'newId' | 'source'>,
  traceparent: string | undefined,
): Envelope {
  const id = newId()
  const kind = type === 'sync.requested' ? 'request' : 'ack'
  return {
    specversion: '1.0',
    id: eventId.parse(id),
    source,
    type: currentType(type),
    subject: `sync.${kind}.${data.deviceId}`,
    time: new Date(now()).toISOString(),
    datacontenttype: 'application/json',
    data,
    actor: actorId.parse(`device:${data.deviceId}`),
    commandid: commandId.parse(id),
    commanddigest: hash('sha256', JSON.stringify(data)),
    commandindex: 0,
    commandcount: 1,
    correlationid: 'manifest' in data ? (data.manifest?.manifestId ?? id) : data.manifestId,
    causationid: id,
    ...(traceparent === undefined ? {} : { traceparent }),
  }
}
