import { type Context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { AppendResult, Conditions, EventStore, Write } from '../../commands/event-store.ts'
import { contextOf, isSampled } from './traceparent.ts'

/**
 * The same store, with every append in a span below that of its command: the wait for the group, and for the disk. The events name
 * the command's span, so that no context has to follow the command through every promise that it takes.
 */
export function observeEventStore(store: EventStore): EventStore {
  const tracer = trace.getTracer('pharos')
  return {
    // The events say themselves whether their command is recorded: for most no span is begun.
    append(writes, conditions) {
      const traceparent = writes[0]?.envelope.traceparent
      return isSampled(traceparent)
        ? traced(contextOf(traceparent), writes, conditions)
        : store.append(writes, conditions)
    },
    readAggregate: (subject) => store.readAggregate(subject),
    lastRevision: (subject) => store.lastRevision(subject),
    lastGuard: (subject) => store.lastGuard(subject),
    readAll: (options) => store.readAll(options),
    head: () => store.head(),
  }

  async function traced(parent: Context, writes: readonly Write[], conditions?: Conditions): Promise<AppendResult> {
    const attributes = { 'pharos.writes': writes.length }
    const span = tracer.startSpan('append', { kind: SpanKind.PRODUCER, attributes }, parent)
    // The sender traces, and nobody here does.
    if (!span.isRecording()) return store.append(writes, conditions)
    try {
      const result = await store.append(writes, conditions)
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
