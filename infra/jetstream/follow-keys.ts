import { DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NatsConnection } from '@nats-io/transport-node'
import type { StoredKey } from '../../commands/personal/key-bucket.ts'
import { Backoff } from '../../projections/backoff.ts'
import { ConnectionWatch } from './connection-watch.ts'
import { openDemandedRead } from './demanded-read.ts'
import { decodeKey, KEYS_STREAM, KEYS_SUBJECT, personOfKey } from './key-messages.ts'

/** Most keys that are heard of at once. */
const MOST = 1_000
/**
 * Milliseconds between two looks while keys are written. Nearly all of them are our own new ones, and to be told of each by
 * itself costs both sides more than to make it; an erasure elsewhere is heard of so much later at most.
 */
const PACE = 100

/** Who keeps keys in memory, and must hear what becomes of them. */
export interface KeyListener {
  heard(person: string, key: StoredKey): void
  /** Something may have been missed. */
  forgetAll(): void
}

/**
 * Tells a listener of every key that is written from now on, by whomever, until the signal aborts. Resolves when it
 * listens; tries again for ever when NATS is away. `onError` is told what keeps it from listening: meanwhile an erasure
 * elsewhere is heard of only when a key has been known for its time.
 */
export async function followKeys(
  connection: NatsConnection,
  listener: KeyListener,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  const watch = new ConnectionWatch(connection)
  const backoff = new Backoff(250, 2_000)
  const begun = Promise.withResolvers<void>()
  void keepFollowing()
  await begun.promise

  async function keepFollowing(): Promise<void> {
    while (!signal.aborted) {
      await follow().catch((error: unknown) => {
        if (!signal.aborted) onError(error)
      })
      begun.resolve()
      if (!signal.aborted && !connection.isClosed()) await backoff.wait(signal)
      else return
    }
  }

  async function follow(): Promise<void> {
    const manager = await jetstreamManager(connection, { checkAPI: false })
    const source = { connection, client: jetstream(connection), manager, watch, stream: KEYS_STREAM }
    const from = { deliver_policy: DeliverPolicy.New }
    const read = await openDemandedRead(source, { from, subjects: [KEYS_SUBJECT], most: MOST, signal })
    listener.forgetAll()
    backoff.reset()
    begun.resolve()
    try {
      for (let messages = await read.next(); messages.length > 0; messages = await read.next()) {
        for (const { subject, data } of messages) listener.heard(personOfKey(subject), decodeKey(subject, data))
        if (messages.length < MOST) await sleep(PACE, undefined, { signal }).catch(() => undefined)
      }
    } finally {
      read.close()
      // Whatever is written until it is followed again is not heard of.
      listener.forgetAll()
    }
  }
}
