import { type Context, isSpanContextValid, propagation, ROOT_CONTEXT, type Span, TraceFlags } from '@opentelemetry/api'

const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** The header if it is a W3C trace context: it goes into events that are kept for ever, so nothing else may pass. */
export function readTraceparent(header: string | undefined): string | undefined {
  return header !== undefined && TRACEPARENT.test(header) ? header : undefined
}

/** The context that a traceparent speaks of; the root where there is none, or nobody traces. */
export function contextOf(traceparent: string | undefined): Context {
  return traceparent === undefined ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, { traceparent })
}

/** A span as a traceparent to hand on; `undefined` where nobody traces. */
export function traceparentOf(span: Span): string | undefined {
  const spanContext = span.spanContext()
  if (!isSpanContextValid(spanContext)) return undefined
  const { traceId, spanId, traceFlags } = spanContext
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}

/** Whether it was decided where the trace began that it is recorded: if not, or if there is none, nothing below need be. */
export function isSampled(traceparent: string | undefined): boolean {
  return traceparent !== undefined && (Number.parseInt(traceparent.slice(-2), 16) & TraceFlags.SAMPLED) !== 0
}
