import { Counter, Histogram, type Registry } from 'prom-client'
import { BUCKETS } from './buckets.ts'

/** Rate, errors and duration of the projectors that this process owns. */
export class ProjectorMetrics {
  readonly #events: Counter<'projector'>
  readonly #batches: Counter<'projector' | 'status'>
  readonly #duration: Histogram<'projector'>

  constructor(registry: Registry) {
    const registers = [registry]
    this.#events = new Counter({
      name: 'pharos_projector_events_total',
      help: 'Events applied, those of a batch that is applied again counted again',
      labelNames: ['projector'],
      registers,
    })
    this.#batches = new Counter({
      name: 'pharos_projector_batches_total',
      help: 'Batches of events by outcome: applied or failed',
      labelNames: ['projector', 'status'],
      registers,
    })
    this.#duration = new Histogram({
      name: 'pharos_projector_batch_duration_seconds',
      help: 'Time to apply one batch of events, within its transaction',
      labelNames: ['projector'],
      buckets: BUCKETS,
      registers,
    })
  }

  applied(projector: string, events: number, seconds: number): void {
    this.#events.inc({ projector }, events)
    this.#batches.inc({ projector, status: 'applied' })
    this.#duration.observe({ projector }, seconds)
  }

  failed(projector: string): void {
    this.#batches.inc({ projector, status: 'failed' })
  }
}
