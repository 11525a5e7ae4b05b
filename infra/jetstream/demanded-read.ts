import { AckPolicy, DeliverPolicy, type JetStreamManager } from '@nats-io/jetstream'
import { nanos, type NatsConnection } from '@nats-io/transport-node'
import { EventStoreUnavailable } from '../../commands/event-store.ts'
import type { LogMessage } from '../../schemas/log-message.ts'
import { failureOf, type ReadableStream } from './ordered-read.ts'
import { PulledMessages } from './pulled-messages.ts'

/** Whoever asks for messages must ask for the next ones within this time. */
const CONSUMER_MS = 5 * 60_000

export interface DemandedStream extends ReadableStream {
  readonly connection: NatsConnection
  readonly manager: JetStreamManager
}

export interface DemandedReadOptions {
  /** From 1. */
  readonly fromSequence: number
  readonly subjects: readonly string[]
  /** Most messages that are given at once. */
  readonly most: number
  readonly signal: AbortSignal
}

/** A stream that is read in order and only when somebody asks. Whoever opened it closes it. */
export interface DemandedRead {
  /**
   * All messages that are there, at most as many as may be; if there are none, the next one that comes. None: the signal
   * has aborted. @throws EventStoreUnavailable when NATS is or goes away, or when a message was lost on its way.
   */
  next(): Promise<readonly LogMessage[]>
  close(): void
}

/** @throws EventStoreUnavailable when NATS is away. */
export async function openDemandedRead(source: DemandedStream, options: DemandedReadOptions): Promise<DemandedRead> {
  const { connection, client, manager, stream, watch } = source
  const { fromSequence, subjects, most, signal } = options
  const { name } = await watch
    .whileUp(() =>
      manager.consumers.add(stream, {
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: Math.max(1, fromSequence),
        ack_policy: AckPolicy.None,
        filter_subjects: [...subjects],
        inactive_threshold: nanos(CONSUMER_MS),
        mem_storage: true,
        num_replicas: 1,
      }),
    )
    .catch((error: unknown) => {
      throw failureOf(source, error)
    })
  const messages = new PulledMessages(connection, `${client.apiPrefix}.CONSUMER.MSG.NEXT.${stream}.${name}`)
  const stop = (): void => messages.stop(new EventStoreUnavailable('the connection to NATS was lost'))
  const unwatch = watch.onDown(stop)
  signal.addEventListener('abort', stop)
  // Both may have happened while the consumer was made.
  if (signal.aborted || !watch.isUp) stop()
  let waiting = 0

  /** The first one, which says how many more wait, and then those: so the server never sends anything by itself. */
  async function pull(): Promise<readonly LogMessage[]> {
    const first = await messages.pull(waiting < most ? 1 : most)
    const more = Math.min(first.pending, most - first.messages.length)
    const others = more > 0 ? await messages.pull(more) : undefined
    waiting = (others ?? first).pending
    return others === undefined ? first.messages : first.messages.concat(others.messages)
  }

  return {
    async next() {
      try {
        while (!signal.aborted) {
          const pulled = await pull()
          if (pulled.length > 0) return pulled
        }
      } catch (error) {
        if (!signal.aborted) throw failureOf(source, error)
      }
      return []
    },
    close() {
      unwatch()
      signal.removeEventListener('abort', stop)
      stop()
      // The server would drop it by itself, but only after minutes.
      if (watch.isUp) manager.consumers.delete(stream, name).catch(() => undefined)
    },
  }
}
