import { EventStoreUnavailable } from '../../commands/event-store.ts'
import { epoch as epochSchema, type Position } from '../../schemas/position.ts'
import { EPOCH_KEY } from './epoch-key.ts'
import type { LeaderReads } from './leader-reads.ts'

/** Where a stream ends, by its leader's account. @throws EventStoreUnavailable when it cannot be asked or has no epoch. */
export async function streamHead(leader: LeaderReads): Promise<Position> {
  const { config, state } = await leader.info()
  const epoch = epochSchema.safeParse(config.metadata?.[EPOCH_KEY])
  if (!epoch.success) throw new EventStoreUnavailable(`stream ${config.name} has no epoch: apply the topology first`)
  return { epoch: epoch.data, sequence: state.last_seq }
}
