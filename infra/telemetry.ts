import { createRequire } from 'node:module'
import type * as Sdk from '@opentelemetry/sdk-node'

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
  const running = sdk.startNodeSdk({ resourceAttributes: { 'service.name': env['OTEL_SERVICE_NAME'] ?? 'pharos' } })
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
