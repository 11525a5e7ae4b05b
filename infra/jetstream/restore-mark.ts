import { JetStreamApiCodes, JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream'
import { errors, type NatsConnection } from '@nats-io/transport-node'

/** A stream without messages, there from the first change that a restore makes to its last. */
const MARK = 'PHAROS_RESTORE'
/** Answered by the restore that is under way. */
const ALIVE = 'pharos.restore'

/** A restore was begun and has not ended: what is here is a part of a backup, which nobody may work on. */
export class RestoreUnfinished extends Error {
  override readonly name = 'RestoreUnfinished'

  constructor() {
    super('a restore was begun here and did not end: run "pharos restore" again, to its end')
  }
}

export async function isRestoreUnfinished(manager: JetStreamManager): Promise<boolean> {
  try {
    await manager.streams.info(MARK)
    return true
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return false
    throw error
  }
}

/**
 * Marks the installation as being restored until `finish`. What a restore that was killed has left is taken over.
 * @throws Error when another restore is under way.
 */
export async function beginRestore(
  connection: NatsConnection,
  manager: JetStreamManager,
): Promise<AsyncDisposable & { finish(): Promise<void> }> {
  if (await answers(connection)) throw new Error('another restore is under way here')
  const alive = connection.subscribe(ALIVE, { callback: (error, message) => void (error ?? message.respond()) })
  await manager.streams.add({ name: MARK, subjects: [`${ALIVE}.mark`], storage: 'file', max_msgs: 1 })
  return {
    finish: async () => void (await manager.streams.delete(MARK)),
    async [Symbol.asyncDispose]() {
      alive.unsubscribe()
    },
  }
}

async function answers(connection: NatsConnection): Promise<boolean> {
  try {
    await connection.request(ALIVE, undefined, { timeout: 2000 })
    return true
  } catch (error) {
    if (error instanceof errors.RequestError && error.isNoResponders()) return false
    if (error instanceof errors.NoRespondersError) return false
    throw error
  }
}
