import {
  type Context,
  context as contexts,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  type Span,
  type SpanOptions,
  trace,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api'

/** A span of a trace that is not recorded, and that nobody else knows of: they are all the same. */
const UNRECORDED = trace.wrapSpanContext(INVALID_SPAN_CONTEXT)

/**
 * The same tracers, which record a share of the traces that begin here, drawn before anything else is done for them: to make
 * ids, attributes and counters for a span that is then not sampled took 2 µs of a command. Whoever goes on with a trace
 * is left to the tracers below, so these must record every trace that is begun.
 */
export function drawnTraces(tracers: TracerProvider, share: number): TracerProvider {
  return {
    getTracer(...of) {
      const tracer = tracers.getTracer(...of)
      const begins = (options: SpanOptions, context: Context): boolean => {
        const parent = options.root === true ? undefined : trace.getSpanContext(context)
        return parent === undefined || !isSpanContextValid(parent)
      }
      const startSpan = (name: string, options: SpanOptions = {}, context: Context = contexts.active()): Span =>
        begins(options, context) && Math.random() >= share ? UNRECORDED : tracer.startSpan(name, options, context)
      return { startSpan, startActiveSpan: activeSpan(startSpan) }
    },
  }
}

/** As the interface has it: a span that is begun for the time of a function. */
function activeSpan(startSpan: Tracer['startSpan']): Tracer['startActiveSpan'] {
  return <F extends (span: Span) => ReturnType<F>>(name: string, ...rest: readonly unknown[]): ReturnType<F> => {
    const work = rest.at(-1) as F
    const [options, context] = rest.slice(0, -1) as [SpanOptions?, Context?]
    const within = context ?? contexts.active()
    const span = startSpan(name, options, within)
    return contexts.with(trace.setSpan(within, span), work, undefined, span)
  }
}
