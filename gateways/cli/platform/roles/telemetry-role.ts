import { hostname } from 'node:os'
import { runSink } from '../../../../projections/telemetry/run-sink.ts'
import { telemetryMetrics } from '../../../observability/telemetry-metrics.ts'
import type { RoleParts } from './role.ts'

const DAY_MS = 86_400_000

/** Role `telemetry`: brings observations into Postgres, as the one owner or standing by for it. */
export async function startTelemetryRole(parts: RoleParts): Promise<AsyncDisposable> {
  const { databaseUrl, logs, observations, watch, metrics, logger, config, onProjector } = parts
  const stopping = new AbortController()
  const keepDays = config.TELEMETRY_RETENTION_DAYS
  const counts = telemetryMetrics(metrics.registry)
  const run = runSink(
    {
      database: { connectionString: databaseUrl },
      log: logs.telemetry,
      directory: observations.directory,
      owner: `${hostname()}:${process.pid}`,
      maxAheadMs: observations.maxAheadMs,
      keepMs: keepDays === undefined ? undefined : keepDays * DAY_MS,
      now: Date.now,
      onMove: (name, position) => watch.hint(name, position),
      onBatch(batch) {
        counts.batch(batch)
        if (batch.lost > 0)
          logger.error(
            { messages: batch.lost },
            `stream TELEMETRY had discarded ${batch.lost} messages before they were read: their observations are lost`,
          )
        for (const { device, code, channel, field, message, count } of batch.refused)
          logger.debug({ device, code, channel, count }, `observations were refused: ${field} ${message}`)
      },
      onDropped: (partitions) => logger.info({ partitions }, 'observations that were too old were dropped'),
      onReport(report) {
        const { error, ...state } = report
        if (error === undefined) logger.info(state, `projector ${report.projector} is ${report.state}`)
        else logger.warn({ ...state, err: error }, `projector ${report.projector} is ${report.state}`)
        onProjector?.(report)
      },
    },
    stopping.signal,
  )
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await run
    },
  }
}
