import { isSpanContextValid, SamplingDecision, trace, TraceFlags } from '@opentelemetry/api'
import type { NodeSDKConfiguration } from '@opentelemetry/sdk-node'

/** Records every trace that begins here, and of others what their beginner records: see {@link drawnTraces}. */
export const recordBegun: NodeSDKConfiguration['sampler'] = {
  shouldSample(context) {
    const parent = trace.getSpanContext(context)
    const isBegun = parent === undefined || !isSpanContextValid(parent)
    const isRecorded = isBegun || (parent.traceFlags & TraceFlags.SAMPLED) !== 0
    return { decision: isRecorded ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD }
  },
  toString: () => 'RecordBegun',
}
