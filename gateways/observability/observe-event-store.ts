import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { AppendResult, Conditions, EventStore, Write } from '../../commands/event-store.ts'
import { isSampled } from './traceparent.ts'

/** The same store, with every append in a span below that of its command: the wait for the group, and for the disk. */
export function observeEventStore(store: EventStore): EventStore {
  const tracer = trace.getTracer('pharos')
  return {
    // The events say themselves whether their command is recorded: for most no span is begun, and no context asked for.
    append: (writes, conditions) =>
      isSampled(writes[0]?.envelope.traceparent) ? traced(writes, conditions) : store.append(writes, conditions),
    readAggregate: (subject) => store.readAggregate(subject),
    lastRevision: (subject) => store.lastRevision(subject),
    lastGuard: (subject) => store.lastGuard(subject),
    readAll: (options) => store.readAll(options),
    head: () => store.head(),
  }

  async function traced(writes: readonly Write[], conditions?: Conditions): Promise<AppendResult> {
    const attributes = { 'pharos.writes': writes.length }
    const span = tracer.startSpan('append', { kind: SpanKind.PRODUCER, attributes })
    // The sender traces, and nobody here does: contexts are not free.
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
