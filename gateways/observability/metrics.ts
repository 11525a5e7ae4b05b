import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'
import { BUCKETS } from './buckets.ts'
import { ProjectorMetrics } from './projector-metrics.ts'
import { RequestMetrics } from './request-metrics.ts'

/** Rate, errors and duration of commands, queries, requests and projectors, and the process' own metrics, for Prometheus. */
export class Metrics {
  readonly registry = new Registry()
  readonly projectors: ProjectorMetrics
  readonly #commands: RequestMetrics
  readonly #queries: RequestMetrics
  readonly #requests: Histogram<'method' | 'route' | 'status'>
  readonly #overloaded: Counter<'service'>
  #accepted = 0

  constructor() {
    collectDefaultMetrics({ register: this.registry })
    this.projectors = new ProjectorMetrics(this.registry)
    this.#commands = new RequestMetrics(this.registry, 'pharos_command', 'Commands')
    this.#queries = new RequestMetrics(this.registry, 'pharos_query', 'Queries')
    const registers = [this.registry]
    this.#requests = new Histogram({
      name: 'pharos_http_request_duration_seconds',
      help: 'HTTP requests by route and status: time from arrival to answer',
      labelNames: ['method', 'route', 'status'],
      buckets: BUCKETS,
      registers,
    })
    this.#overloaded = new Counter({
      name: 'pharos_overloaded_requests_total',
      help: 'NATS requests turned away since this process had all that it can take',
      labelNames: ['service'],
      registers,
    })
  }

  /** `type` must be one that exists, or a stranger could make series without end. */
  command(type: string, status: string, seconds: number): void {
    if (status === 'accepted') this.#accepted++
    this.#commands.add(type, status, seconds)
  }

  query(type: string, status: string, seconds: number): void {
    this.#queries.add(type, status, seconds)
  }

  /** `route` as it was declared, never a path: the same danger. */
  request(method: string, route: string, status: number, seconds: number): void {
    this.#requests.observe({ method, route, status }, seconds)
  }

  overloaded(service: string): void {
    this.#overloaded.inc({ service })
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
