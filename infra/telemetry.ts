import { trace } from '@opentelemetry/api'
import { createRequire } from 'node:module'
import type * as Sdk from '@opentelemetry/sdk-node'
import { drawnTraces } from './drawn-traces.ts'
import { recordBegun } from './record-begun.ts'

export interface Telemetry {
  /** Sends what is still held back, for at most 5 s. */
  stop(): Promise<void>
}

const STOP_MS = 5000
const OFF: Telemetry = { stop: () => Promise.resolve() }

/**
 * Starts OpenTelemetry traces if the environment asks for them: `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_TRACES_EXPORTER`
 * (then all of its standard variables count). To be called before anything is traced.
 */
export function startTelemetry(env: Readonly<Record<string, string | undefined>>): Telemetry {
  if (!env['OTEL_EXPORTER_OTLP_ENDPOINT'] && !env['OTEL_TRACES_EXPORTER']) return OFF
  // Loaded only when it is wanted: it takes about a second, which every start would pay.
  const sdk: typeof Sdk = createRequire(import.meta.url)('@opentelemetry/sdk-node')
  const share = shareOf(env)
  const running = sdk.startNodeSdk({
    resourceAttributes: { 'service.name': env['OTEL_SERVICE_NAME'] ?? 'pharos' },
    ...(share === undefined ? {} : { sampler: recordBegun }),
  })
  if (share !== undefined) {
    const all = trace.getTracerProvider()
    trace.disable()
    trace.setGlobalTracerProvider(drawnTraces(all, share))
  }
  return {
    async stop() {
      const { promise: late, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, STOP_MS)
      try {
        await Promise.race([running.shutdown(), late])
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

/** Which share of the traces that begin here shall be recorded; `undefined` where no plain number says so. */
function shareOf(env: Readonly<Record<string, string | undefined>>): number | undefined {
  const share = Number(env['OTEL_TRACES_SAMPLER_ARG'] || Number.NaN)
  return env['OTEL_TRACES_SAMPLER'] === 'parentbased_traceidratio' && share >= 0 && share <= 1 ? share : undefined
}
