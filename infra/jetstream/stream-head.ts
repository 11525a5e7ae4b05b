import type { StreamInfo } from '@nats-io/jetstream'
import { EventStoreUnavailable } from '../../commands/event-store.ts'
import { type Epoch, epoch as epochSchema, type Position } from '../../schemas/position.ts'
import { EPOCH_KEY } from './epoch-key.ts'
import type { LeaderReads } from './leader-reads.ts'

/** Where a stream ends, by its leader's account. @throws EventStoreUnavailable when it cannot be asked or has no epoch. */
export async function streamHead(leader: LeaderReads): Promise<Position> {
  const info = await leader.info()
  return { epoch: epochOf(info), sequence: info.state.last_seq }
}

/** The life of the stream that the account is of. @throws EventStoreUnavailable when it has no epoch. */
export function epochOf({ config }: StreamInfo): Epoch {
  const epoch = epochSchema.safeParse(config.metadata?.[EPOCH_KEY])
  if (!epoch.success) throw new EventStoreUnavailable(`stream ${config.name} has no epoch: apply the topology first`)
  return epoch.data
}
