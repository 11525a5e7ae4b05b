import { type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Projector } from '../../projections/projector.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { ProjectorMetrics } from './projector-metrics.ts'
import { contextOf, isSampled } from './traceparent.ts'

/**
 * The same projector, with its batches counted and timed, and with a span for every event that carries a trace: so one
 * trace leads from the request to each projection of it. A trace that is not sampled makes none.
 */
export function observeProjector(projector: Projector, metrics: ProjectorMetrics): Projector {
  const tracer = trace.getTracer('pharos')
  const begin = ({ sequence, envelope }: RecordedEvent): readonly Span[] => {
    if (!isSampled(envelope.traceparent)) return []
    const attributes = { 'pharos.sequence': sequence, 'pharos.event': envelope.type }
    return [
      tracer.startSpan(
        `project ${projector.name}`,
        { kind: SpanKind.CONSUMER, attributes },
        contextOf(envelope.traceparent),
      ),
    ]
  }
  return {
    ...projector,
    async apply(batch, transaction) {
      const spans = batch.flatMap(begin)
      const started = performance.now()
      try {
        await projector.apply(batch, transaction)
        metrics.applied(projector.name, batch.length, (performance.now() - started) / 1000)
      } catch (error) {
        metrics.failed(projector.name)
        for (const span of spans) span.setStatus({ code: SpanStatusCode.ERROR })
        throw error
      } finally {
        for (const span of spans) span.end()
      }
    },
  }
}
