import { hostname } from 'node:os'
import { aliasIndex } from '../../../../projections/alias-index/alias-index.ts'
import { keepCollecting } from '../../../../projections/alias-index/collect-objects.ts'
import { indexPublication } from '../../../../projections/alias-index/index-publisher.ts'
import { runProjector } from '../../../../projections/run-projector.ts'
import { indexMetrics } from '../../../observability/index-metrics.ts'
import { observeProjector } from '../../../observability/observe-projector.ts'
import { indexPortsOver } from '../index-ports-over.ts'
import { projectors } from '../projectors.ts'
import type { RoleParts } from './role.ts'

/** How often objects of the index that nobody needs are looked for, in milliseconds. */
const COLLECT_MS = 600_000

/** Role `projections`: runs every projector, as its owner or standing by for the one that is. */
export async function startProjectionsRole(parts: RoleParts): Promise<AsyncDisposable> {
  const { databaseUrl, store, connection, watch, logger, metrics, onProjector } = parts
  const stopping = new AbortController()
  const { signal } = stopping
  const reports = indexMetrics(metrics.registry)
  const index = await indexPortsOver({ connection, store, logger, reports })
  const collecting = keepCollecting(index, {
    everyMs: COLLECT_MS,
    signal,
    onError: (error) => logger.warn({ err: error }, 'replaced index objects were not collected; trying again later'),
  })
  const owner = `${hostname()}:${process.pid}`
  const runs = projectors.map(async (projector) => {
    try {
      await runProjector(
        observeProjector(projector, metrics.projectors),
        {
          database: { connectionString: databaseUrl },
          log: store,
          owner,
          ...(projector === aliasIndex ? { publication: indexPublication(index) } : {}),
          onMove: (name, position) => watch.hint(name, position),
          onReport(report) {
            const { error, ...state } = report
            if (error === undefined) logger.info(state, `projector ${report.projector} is ${report.state}`)
            else logger.warn({ ...state, err: error }, `projector ${report.projector} is ${report.state}`)
            onProjector?.(report)
          },
        },
        signal,
      )
    } catch (error) {
      logger.fatal(
        { err: error, projector: projector.name },
        `projector ${projector.name} has stopped; readiness says so until it is mended`,
      )
    }
  })
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await Promise.all([...runs, collecting])
    },
  }
}
