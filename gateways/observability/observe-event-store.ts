import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { AppendResult, Conditions, EventStore, Write } from '../../commands/event-store.ts'
import { isUnsampled } from './traceparent.ts'

/** The same store, with every append in a span below that of its command: the wait for the group, and for the disk. */
export function observeEventStore(store: EventStore): EventStore {
  const tracer = trace.getTracer('pharos')
  return {
    // The events say themselves that their command is not sampled: no span is begun, and no context is asked for.
    append: (writes, conditions) =>
      isUnsampled(writes[0]?.envelope.traceparent) ? store.append(writes, conditions) : traced(writes, conditions),
    readAggregate: (subject) => store.readAggregate(subject),
    lastRevision: (subject) => store.lastRevision(subject),
    lastGuard: (subject) => store.lastGuard(subject),
    readAll: (options) => store.readAll(options),
    head: () => store.head(),
  }

  async function traced(writes: readonly Write[], conditions?: Conditions): Promise<AppendResult> {
    const attributes = { 'pharos.writes': writes.length }
    const span = tracer.startSpan('append', { kind: SpanKind.PRODUCER, attributes })
    // Nobody traces, or what is written is of no command and not sampled: contexts are not free.
    if (!span.isRecording()) return store.append(writes, conditions)
    try {
      const result = await context.with(trace.setSpan(context.active(), span), () => store.append(writes, conditions))
      span.setAttribute('pharos.status', result.status)
      return result
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR })
      throw error
    } finally {
      span.end()
    }
  }
}
