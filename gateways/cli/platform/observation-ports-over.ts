import type { NatsConnection } from '@nats-io/transport-node'
import type { AccessPolicy } from '../../../commands/access-policy.ts'
import { ChannelDirectory } from '../../../commands/channel/channel-directory.ts'
import type { CommandBus } from '../../../commands/command-bus.ts'
import { derivedCommandId } from '../../../commands/derived-command-id.ts'
import type { EventStore } from '../../../commands/event-store.ts'
import type { IngestPorts } from '../../../commands/observation/ingest-ports.ts'
import { JetStreamObservationPublisher } from '../../../infra/jetstream/jetstream-observation-publisher.ts'
import type { Actor } from '../../../schemas/actor.ts'
import type { Config } from '../../../schemas/config.ts'
import { API_DEVICE } from '../../../schemas/http/observations.ts'
import { actorId, type ChannelId, channelId } from '../../../schemas/ids.ts'
import type { Logs } from './logs.ts'

/** Who registers channels that are observed before anybody has. */
const OBSERVER: Actor = { id: actorId.parse('pharos-telemetry'), roles: ['operator'] }

/** What takes observations: the channels as the log has them, and stream `TELEMETRY`. */
export function observationPortsOver(parts: {
  readonly connection: NatsConnection
  readonly store: EventStore
  readonly bus: CommandBus
  readonly logs: Logs
  readonly policy: AccessPolicy
  readonly config: Pick<Config, 'TELEMETRY_UNKNOWN_CHANNEL' | 'TELEMETRY_MAX_AHEAD'>
}): IngestPorts {
  const { connection, store, bus, logs, policy, config } = parts
  const register = (id: ChannelId, device: string): Promise<void> => registerUnknown(bus, id, device)
  const directory = new ChannelDirectory({
    store,
    ...(config.TELEMETRY_UNKNOWN_CHANNEL === 'register' ? { register } : {}),
  })
  listen(connection, directory)
  const publisher = new JetStreamObservationPublisher(connection)
  return {
    directory,
    policy,
    stream: {
      publish: (subject, body) => publisher.publish(subject, body),
      epoch: async () => (await logs.telemetry.head()).epoch,
    },
    now: Date.now,
    maxAheadMs: config.TELEMETRY_MAX_AHEAD * 1000,
  }
}

/** Under a command id of the channel's own: however many processes see it first, it is registered once. */
async function registerUnknown(bus: CommandBus, id: ChannelId, device: string): Promise<void> {
  const data = { channelId: id, name: id, device: device === API_DEVICE ? null : device }
  const body = { commandId: derivedCommandId('pharos telemetry', id), data }
  const result = await bus.dispatch({ type: 'channel.register', body, actor: OBSERVER })
  if (result.status === 'accepted' || result.status === 'duplicate') return
  // Another device, or a person, has registered it meanwhile.
  if (result.status === 'rejected' && ['channel_taken', 'command_id_reused'].includes(result.code)) return
  throw new Error(`channel ${id} could not be registered: ${result.status}`)
}

/** What is written to the log is heard here as it is stored; what was missed while the connection was away is asked again. */
function listen(connection: NatsConnection, directory: ChannelDirectory): void {
  const heard = connection.subscribe('evt.channel.*')
  void (async () => {
    for await (const { subject } of heard) {
      const id = channelId.safeParse(subject.split('.').at(-1))
      if (id.success) directory.forget(id.data)
    }
  })()
  void (async () => {
    for await (const { type } of connection.status()) if (type === 'reconnect') directory.forgetAll()
  })()
}
