import { Counter, Histogram, type Registry } from 'prom-client'
import { BUCKETS } from './buckets.ts'

type Series = { readonly count: { inc(): void }; readonly duration: { observe(seconds: number): void } }

/** Rate, errors and duration of one kind of request, by type and outcome. */
export class RequestMetrics {
  readonly #count: Counter<'type' | 'status'>
  readonly #duration: Histogram<'type' | 'status'>
  /** Labelled series are looked up once: building their label hash on every request shows in a profile. */
  readonly #series = new Map<string, Map<string, Series>>()
  #requests = 0
  #seconds = 0

  constructor(registry: Registry, prefix: 'pharos_command' | 'pharos_query', what: string) {
    const registers = [registry]
    const plural = prefix === 'pharos_command' ? 'pharos_commands_total' : 'pharos_queries_total'
    this.#count = new Counter({
      name: plural,
      help: `${what} by type and outcome`,
      labelNames: ['type', 'status'],
      registers,
    })
    this.#duration = new Histogram({
      name: `${prefix}_duration_seconds`,
      help: `${what}: time from arrival to outcome`,
      labelNames: ['type', 'status'],
      buckets: BUCKETS,
      registers,
    })
  }

  /** `type` must be one that exists, or a stranger could make series without end. */
  add(type: string, status: string, seconds: number): void {
    const series = this.#series.get(type)?.get(status) ?? this.#begin(type, status)
    series.count.inc()
    series.duration.observe(seconds)
    this.#requests++
    this.#seconds += seconds
  }

  #begin(type: string, status: string): Series {
    const ofType = this.#series.get(type) ?? new Map<string, Series>()
    const series = { count: this.#count.labels(type, status), duration: this.#duration.labels(type, status) }
    this.#series.set(type, ofType.set(status, series))
    return series
  }

  /** Mean duration of all so far, in milliseconds; 0 before the first. */
  meanMs(): number {
    return this.#requests === 0 ? 0 : (this.#seconds / this.#requests) * 1000
  }
}
