import {
  type Consumer,
  type ConsumerMessages,
  type JetStreamClient,
  JetStreamApiError,
  JetStreamError,
} from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'
import { EventStoreUnavailable } from '../../commands/event-store.ts'
import { type Asking, consumeOrdered } from './consume-ordered.ts'
import type { ConnectionWatch } from './connection-watch.ts'

const OUTAGES = [
  JetStreamApiError,
  JetStreamError,
  errors.ClosedConnectionError,
  errors.NoRespondersError,
  errors.PermissionViolationError,
  errors.RequestError,
  errors.TimeoutError,
]

export interface ReadableStream {
  readonly client: JetStreamClient
  readonly watch: ConnectionWatch
  readonly stream: string
}

export interface OrderedReadOptions {
  /** From 1. */
  readonly fromSequence: number
  /** Only what is on these; all when absent. */
  readonly subjects?: readonly string[] | undefined
  readonly signal: AbortSignal
  readonly asking: Asking
}

/** A stream as it is read: whoever opened it goes through `messages`, which end by themselves when the connection is lost or the signal aborts, and closes it. */
export interface OrderedRead {
  readonly consumer: Consumer
  readonly messages: ConsumerMessages
  close(): void
}

/** @throws EventStoreUnavailable when NATS is away. */
export async function openOrderedRead(source: ReadableStream, options: OrderedReadOptions): Promise<OrderedRead> {
  const { signal, asking } = options
  const consumer = await open(source, options)
  const messages = await consumeOrdered(consumer, asking)
  const stop = (): void => messages.stop()
  signal.addEventListener('abort', stop)
  const unwatch = source.watch.onDown(stop)
  // Both may have happened while the consumer was opened.
  if (signal.aborted || !source.watch.isUp) stop()
  return {
    consumer,
    messages,
    close() {
      unwatch()
      signal.removeEventListener('abort', stop)
      stop()
      // The server would drop it by itself, but only after minutes.
      if (source.watch.isUp) consumer.delete().catch(() => undefined)
    },
  }
}

/** What a read failed with, as its reader is told: EventStoreUnavailable when it can be read on from the last message seen. */
export function failureOf(source: ReadableStream, error: unknown): unknown {
  const isOutage = OUTAGES.some((outage) => error instanceof outage)
  return isOutage ? new EventStoreUnavailable(`${source.stream} cannot be read on`, { cause: error }) : error
}

async function open(source: ReadableStream, { fromSequence, subjects }: OrderedReadOptions): Promise<Consumer> {
  const filter = subjects === undefined ? {} : { filter_subjects: [...subjects] }
  try {
    return await source.watch.whileUp(() =>
      source.client.consumers.get(source.stream, { opt_start_seq: Math.max(1, fromSequence), ...filter }),
    )
  } catch (error) {
    if (error instanceof EventStoreUnavailable) throw error
    throw new EventStoreUnavailable(`${source.stream} cannot be read`, { cause: error })
  }
}
