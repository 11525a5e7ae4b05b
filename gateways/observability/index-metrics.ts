import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { IndexReports } from '../../projections/alias-index/index-ports.ts'

/** Seconds: a version is some milliseconds, that of a scope of millions some seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** What the publisher of the alias index does, for Prometheus. No label names a scope: there may be thousands. */
export function indexMetrics(registry: Registry): Required<IndexReports> {
  const registers = [registry]
  const versions = new Counter({ name: 'pharos_index_versions_total', help: 'Index versions published', registers })
  const bytes = new Counter({ name: 'pharos_index_bytes_total', help: 'Bytes of index objects stored', registers })
  const seconds = new Histogram({
    name: 'pharos_index_publish_seconds',
    help: 'From claiming a version to its pointer',
    buckets: BUCKETS,
    registers,
  })
  const dirty = new Gauge({ name: 'pharos_index_dirty_scopes', help: 'Scopes whose publication is late', registers })
  const position = new Gauge({ name: 'pharos_index_position', help: 'Last position that was published', registers })
  const alarms = new Counter({
    name: 'pharos_index_alarms_total',
    help: 'Index objects that could not be stored or came back changed; the last good version stays',
    registers,
  })
  return {
    published(version) {
      versions.inc()
      bytes.inc(version.bytes)
      seconds.observe(version.seconds)
    },
    progressed(progress) {
      dirty.set(progress.waiting)
      position.set(progress.position)
    },
    alarm: () => alarms.inc(),
  }
}
