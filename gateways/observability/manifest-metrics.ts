import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { ManifestReports } from '../../projections/device-manifest/manifest-ports.ts'

/** Seconds: a location of some thousand users is some ten milliseconds, one of a million some seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** What the builder of device manifests does, for Prometheus. No label names a location or a device. */
export function manifestMetrics(registry: Registry): Required<ManifestReports> {
  const registers = [registry]
  const manifests = new Counter({ name: 'pharos_manifests_total', help: 'Device manifests published', registers })
  const chunks = new Counter({ name: 'pharos_payload_chunks_total', help: 'Payload chunks stored', registers })
  const bytes = new Counter({ name: 'pharos_payload_bytes_total', help: 'Bytes of payload chunks, zstd', registers })
  const collected = new Counter({
    name: 'pharos_payload_chunks_collected_total',
    help: 'Payload chunks removed, a day after nothing needed them',
    registers,
  })
  const seconds = new Histogram({
    name: 'pharos_manifest_build_seconds',
    help: 'One location: reading its rows, storing their chunks, publishing the manifests of its devices',
    buckets: BUCKETS,
    registers,
  })
  const waiting = new Gauge({
    name: 'pharos_manifest_waiting_locations',
    help: 'Locations that a fault or a parked event keeps from being built',
    registers,
  })
  const held = new Gauge({
    name: 'pharos_manifest_held_locations',
    help: 'Locations that a parked event keeps from being built',
    registers,
  })
  const position = new Gauge({
    name: 'pharos_manifest_position',
    help: 'Position of the fleet that the last round was built from',
    registers,
  })
  const alarms = new Counter({
    name: 'pharos_manifest_alarms_total',
    help: 'Locations that could not be built; their devices keep their last good manifests',
    registers,
  })
  return {
    built(location) {
      manifests.inc(location.manifests)
      chunks.inc(location.chunks)
      bytes.inc(location.bytes)
      seconds.observe(location.seconds)
    },
    progressed(progress) {
      waiting.set(progress.waiting)
      held.set(progress.held)
      position.set(progress.position)
    },
    alarm: () => alarms.inc(),
    collected: (removed) => collected.inc(removed),
  }
}
