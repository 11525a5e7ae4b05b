import { context, isSpanContextValid, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { EventStore } from '../../commands/event-store.ts'

/** The same store, with every append in a span below that of its command: the wait for the group, and for the disk. */
export function observeEventStore(store: EventStore): EventStore {
  const tracer = trace.getTracer('pharos')
  return {
    async append(writes, conditions) {
      const span = tracer.startSpan('append', {
        kind: SpanKind.PRODUCER,
        attributes: { 'pharos.writes': writes.length },
      })
      // Nobody traces: contexts are not free.
      if (!isSpanContextValid(span.spanContext())) return store.append(writes, conditions)
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
    },
    readAggregate: (subject) => store.readAggregate(subject),
    lastRevision: (subject) => store.lastRevision(subject),
    lastGuard: (subject) => store.lastGuard(subject),
    readAll: (options) => store.readAll(options),
    head: () => store.head(),
  }
}
