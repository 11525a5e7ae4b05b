import { type Context, propagation, ROOT_CONTEXT, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Logger } from 'pino'
import type { EdgeMetrics } from './edge-metrics.ts'

export interface StepPorts {
  readonly logger: Logger
  readonly metrics: EdgeMetrics
  /** Told of the step that goes on now. */
  readonly onStep: (step: string) => void
}

/** The steps of one sync: each logged when it starts, finishes and fails, timed, and a span in the sync's one trace. */
export class Steps {
  readonly #ports: StepPorts
  readonly #span: Span
  readonly #context: Context
  #fields: Readonly<Record<string, string>>

  constructor(ports: StepPorts, why: string) {
    this.#ports = ports
    this.#span = trace.getTracer('pharos-edge').startSpan('sync', { attributes: { 'pharos.why': why } }, ROOT_CONTEXT)
    this.#context = trace.setSpan(ROOT_CONTEXT, this.#span)
    this.#fields = { why }
  }

  /** From now on everything is about this manifest. */
  about(manifestId: string): void {
    this.#fields = { ...this.#fields, manifestId }
    this.#span.setAttribute('pharos.manifestId', manifestId)
  }

  get logger(): Logger {
    return this.#ports.logger.child(this.#fields)
  }

  /** To hand on to central, where somebody traces. */
  get traceparent(): { readonly traceparent?: string } {
    const carrier: { traceparent?: string } = {}
    propagation.inject(this.#context, carrier)
    return carrier
  }

  /** What the work gives or throws. `facts` are for the log line of its end. */
  async run<T>(step: string, work: () => Promise<T>, facts: (result: T) => object = () => ({})): Promise<T> {
    const { metrics, onStep } = this.#ports
    const { logger } = this
    const span = trace.getTracer('pharos-edge').startSpan(step, { attributes: this.#fields }, this.#context)
    const started = performance.now()
    const seconds = (): number => (performance.now() - started) / 1000
    onStep(step)
    logger.info({ step }, `${step} started`)
    try {
      const result = await work()
      metrics.steps.observe({ step, outcome: 'success' }, seconds())
      logger.info({ step, seconds: seconds(), ...facts(result) }, `${step} finished`)
      return result
    } catch (error) {
      metrics.steps.observe({ step, outcome: 'error' }, seconds())
      span.setStatus({ code: SpanStatusCode.ERROR })
      span.recordException(error instanceof Error ? error : String(error))
      logger.warn({ step, seconds: seconds(), err: error }, `${step} failed`)
      throw error
    } finally {
      span.end()
    }
  }

  end(outcome: string): void {
    this.#span.setAttribute('pharos.outcome', outcome)
    this.#span.end()
  }
}
