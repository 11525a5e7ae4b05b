import { type Context, type Span, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api'

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
  const carrier: { traceparent?: string } = {}
  propagation.inject(trace.setSpan(ROOT_CONTEXT, span), carrier)
  return carrier.traceparent
}
