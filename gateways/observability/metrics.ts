import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'

/** Seconds: a command is some milliseconds, a query that waits for a position some seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

type Series = { readonly count: { inc(): void }; readonly duration: { observe(seconds: number): void } }

/** Rate, errors and duration of commands and queries, and the process' own metrics, for Prometheus. */
export class Metrics {
  readonly registry = new Registry()
  readonly #commands: RequestMetrics
  readonly #queries: RequestMetrics

  constructor() {
    collectDefaultMetrics({ register: this.registry })
    this.#commands = new RequestMetrics(this.registry, 'pharos_command', 'Commands')
    this.#queries = new RequestMetrics(this.registry, 'pharos_query', 'Queries')
  }

  #accepted = 0

  /** `type` must be one that exists, or a stranger could make series without end. */
  command(type: string, status: string, seconds: number): void {
    if (status === 'accepted') this.#accepted++
    this.#commands.add(type, status, seconds)
  }

  query(type: string, status: string, seconds: number): void {
    this.#queries.add(type, status, seconds)
  }

  /** Commands accepted by this process so far. */
  acceptedCommands(): number {
    return this.#accepted
  }

  /** Mean duration of all queries so far, in milliseconds; 0 before the first. */
  meanQueryMs(): number {
    return this.#queries.meanMs()
  }
}

class RequestMetrics {
  readonly #count: Counter<'type' | 'status'>
  readonly #duration: Histogram<'type'>
  /** Labelled series are looked up once: building their label hash on every request shows in a profile. */
  readonly #series = new Map<string, Series>()
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
      labelNames: ['type'],
      buckets: BUCKETS,
      registers,
    })
  }

  add(type: string, status: string, seconds: number): void {
    const key = `${type} ${status}`
    let series = this.#series.get(key)
    if (series === undefined) {
      series = { count: this.#count.labels(type, status), duration: this.#duration.labels(type) }
      this.#series.set(key, series)
    }
    series.count.inc()
    series.duration.observe(seconds)
    this.#requests++
    this.#seconds += seconds
  }

  meanMs(): number {
    return this.#requests === 0 ? 0 : (this.#seconds / this.#requests) * 1000
  }
}
