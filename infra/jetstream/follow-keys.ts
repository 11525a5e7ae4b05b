import { DeliverPolicy, jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { StoredKeys } from '../../commands/personal/key-bucket.ts'
import type { KeyName } from '../../commands/personal/key-names.ts'
import { Backoff } from '../../projections/backoff.ts'
import { ConnectionWatch } from './connection-watch.ts'
import { consumeOrdered } from './consume-ordered.ts'
import { decodeKeys, KEYS_STREAM, nameOfSubject } from './key-messages.ts'

/** Who keeps keys in memory, and must hear what becomes of them. */
export interface KeyListener {
  heard(name: KeyName, stored: StoredKeys): void
  /** Something may have been missed. */
  forgetAll(): void
}

/**
 * Tells a listener of all that is written among the keys from now on, by whomever, until the signal aborts. Resolves when it
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
    const client = jetstream(connection)
    const consumer = await watch.whileUp(() => client.consumers.get(KEYS_STREAM, { deliver_policy: DeliverPolicy.New }))
    const messages = await consumeOrdered(consumer)
    const stop = (): void => messages.stop()
    signal.addEventListener('abort', stop)
    // Whatever was written while it was lost was not heard of: begin anew.
    const unwatch = watch.onDown(stop)
    if (signal.aborted || !watch.isUp) stop()
    listener.forgetAll()
    backoff.reset()
    begun.resolve()
    try {
      for await (const { subject, data } of messages) {
        if (signal.aborted) return
        listener.heard(nameOfSubject(subject), decodeKeys(subject, data))
      }
    } finally {
      unwatch()
      signal.removeEventListener('abort', stop)
      stop()
      listener.forgetAll()
    }
  }
}
