import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/** Seconds: a request is some milliseconds, a load of millions of rows minutes. */
const BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800]

/** What the agent does and how its data stands, for Prometheus. */
export class EdgeMetrics {
  readonly registry = new Registry()
  readonly syncs = this.#counter('pharos_edge_syncs_total', 'Syncs by outcome', ['outcome'])
  readonly refusals = this.#counter('pharos_edge_refusals_total', 'Manifests that were not taken, by reason', ['code'])
  readonly fetched = this.#counter('pharos_edge_fetched_bytes_total', 'Bytes of chunks that came from central')
  readonly rows = this.#counter('pharos_edge_loaded_rows_total', 'Rows handed to Postgres')
  readonly steps: Histogram<'step' | 'outcome'>
  readonly running = this.#gauge('pharos_edge_sync_running', 'Whether a sync is under way')
  readonly lastSuccess = this.#gauge(
    'pharos_edge_last_success_timestamp_seconds',
    'When the data was last made what central says',
  )
  readonly lastChecked = this.#gauge(
    'pharos_edge_last_checked_timestamp_seconds',
    'When central last confirmed what the data must be',
  )
  readonly position = this.#gauge('pharos_edge_manifest_position', 'Position in the log that the data knows')
  readonly schemaUnknown = this.#gauge(
    'pharos_edge_schema_version_unknown',
    'Whether central serves only a version of the tables that this agent does not know: it must be upgraded',
  )
  readonly pendingAcks = this.#gauge('pharos_edge_pending_acks', 'Acknowledgements that central does not have yet')
  readonly danglingKeys = this.#gauge(
    'pharos_edge_dangling_foreign_keys',
    'Foreign keys of edge-local tables with rows that point at nothing',
  )
  readonly chunkBytes = this.#gauge('pharos_edge_chunk_bytes', 'Downloaded chunks on disk')
  readonly tableRows: Gauge<'table'>

  constructor() {
    collectDefaultMetrics({ register: this.registry })
    const registers = [this.registry]
    this.steps = new Histogram({
      name: 'pharos_edge_step_duration_seconds',
      help: 'Steps of a sync: request, judge, receive, load, acknowledge, tidy',
      labelNames: ['step', 'outcome'],
      buckets: BUCKETS,
      registers,
    })
    this.tableRows = new Gauge({
      name: 'pharos_edge_table_rows',
      help: 'Rows of each mirrored table, as read back',
      labelNames: ['table'],
      registers,
    })
  }

  /** @param isConnected asked whenever Prometheus reads. */
  exposeConnection(isConnected: () => boolean): void {
    const gauge: Gauge = new Gauge({
      name: 'pharos_edge_central_connected',
      help: 'Whether there is a connection to central',
      registers: [this.registry],
      collect: () => gauge.set(isConnected() ? 1 : 0),
    })
  }

  #counter<Label extends string = never>(name: string, help: string, labelNames: Label[] = []): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] })
  }

  #gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers: [this.registry] })
  }
}
