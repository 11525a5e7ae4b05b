import { Counter, Histogram, type Registry } from 'prom-client'
import type { SinkBatch } from '../../projections/telemetry/sink-options.ts'
import { BUCKETS } from './buckets.ts'

/** Reasons that are there from the start, so that the first refusal is an increase. */
const CODES = ['bad_value', 'bad_time', 'future', 'not_json', 'unknown_channel', 'wrong_device', 'retired_channel']

/** What the sink of observations does, for Prometheus. No label names a device or a channel: there may be thousands. */
export function telemetryMetrics(registry: Registry): { batch(batch: SinkBatch): void } {
  const registers = [registry]
  const observations = new Counter({
    name: 'pharos_observations_total',
    help: 'Observations that the sink has read, by what became of them: stored, duplicate or refused',
    labelNames: ['outcome'],
    registers,
  })
  const refused = new Counter({
    name: 'pharos_observations_refused_total',
    help: 'Observations that were refused, by reason; pharos.telemetry_refused has the devices',
    labelNames: ['code'],
    registers,
  })
  const lost = new Counter({
    name: 'pharos_telemetry_lost_messages_total',
    help: 'Messages that stream TELEMETRY had discarded before the sink has read them',
    registers,
  })
  const seconds = new Histogram({
    name: 'pharos_telemetry_batch_duration_seconds',
    help: 'Time to bring one batch of observations into Postgres',
    buckets: BUCKETS,
    registers,
  })
  for (const code of CODES) refused.inc({ code }, 0)
  for (const outcome of ['stored', 'duplicate', 'refused']) observations.inc({ outcome }, 0)
  return {
    batch(batch) {
      observations.inc({ outcome: 'stored' }, batch.stored)
      observations.inc({ outcome: 'duplicate' }, batch.duplicates)
      for (const { code, count } of batch.refused) {
        observations.inc({ outcome: 'refused' }, count)
        refused.inc({ code }, count)
      }
      lost.inc(batch.lost)
      seconds.observe(batch.seconds)
    },
  }
}
