import { context, ROOT_CONTEXT, type Span, trace, TraceFlags } from '@opentelemetry/api'
import test from 'ava'
import { startTelemetry } from '../../infra/telemetry.ts'
import { afterTests } from '../support/infrastructure.ts'

const SPANS = 4_000

Object.assign(process.env, {
  // No span of these ends, so none is written.
  OTEL_TRACES_EXPORTER: 'console',
  OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
  OTEL_TRACES_SAMPLER_ARG: '0.1',
})
const telemetry = startTelemetry(process.env)
afterTests(() => telemetry.stop())
const tracer = trace.getTracer('test')

function recorded(spans: readonly Span[]): number {
  return spans.filter((span) => span.isRecording()).length
}

/** As whoever began it hands it on. */
function heardOf(traceFlags: TraceFlags) {
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags,
    isRemote: true,
  })
}

test('of traces that begin here the share is recorded that was asked for; the others have no name', (t) => {
  const spans = Array.from({ length: SPANS }, () => tracer.startSpan('command', {}, ROOT_CONTEXT))
  // Eight standard deviations on either side.
  t.true(Math.abs(recorded(spans) - SPANS / 10) < 8 * Math.sqrt(SPANS * 0.1 * 0.9))
  for (const span of spans) {
    const { traceId, traceFlags } = span.spanContext()
    t.is(/^0+$/.test(traceId), !span.isRecording())
    t.is((traceFlags & TraceFlags.SAMPLED) !== 0, span.isRecording())
  }
})

test('a trace that another began is recorded if it records it, and so is what is below one of ours', (t) => {
  const some = Array.from({ length: 100 })
  t.is(recorded(some.map(() => tracer.startSpan('append', {}, heardOf(TraceFlags.SAMPLED)))), 100)
  t.is(recorded(some.map(() => tracer.startSpan('append', {}, heardOf(TraceFlags.NONE)))), 0)
  const ours = Array.from({ length: SPANS }, () => tracer.startSpan('command', {}, ROOT_CONTEXT)).find((span) =>
    span.isRecording(),
  )
  if (ours === undefined) return t.fail('none of so many is recorded')
  context.with(trace.setSpan(ROOT_CONTEXT, ours), () => {
    const below = some.map(() => tracer.startSpan('append'))
    t.is(recorded(below), 100)
    t.is(below[0]?.spanContext().traceId, ours.spanContext().traceId)
    t.true(recorded(Array.from({ length: SPANS }, () => tracer.startSpan('other', { root: true }))) < SPANS / 2)
    t.is(
      tracer.startActiveSpan('append', (span) => trace.getActiveSpan() === span && span.isRecording()),
      true,
    )
  })
  return undefined
})
