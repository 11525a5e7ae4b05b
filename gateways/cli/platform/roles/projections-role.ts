import { hostname } from 'node:os'
import { runProjector } from '../../../../projections/run-projector.ts'
import { observeProjector } from '../../../observability/observe-projector.ts'
import { projectors } from '../projectors.ts'
import type { RoleParts } from './role.ts'

/** Role `projections`: runs every projector, as its owner or standing by for the one that is. */
export function startProjectionsRole({
  databaseUrl,
  store,
  watch,
  metrics,
  logger,
  onProjector,
}: RoleParts): AsyncDisposable {
  const stopping = new AbortController()
  const owner = `${hostname()}:${process.pid}`
  const runs = projectors.map(async (projector) => {
    try {
      await runProjector(
        observeProjector(projector, metrics.projectors),
        {
          database: { connectionString: databaseUrl },
          log: store,
          owner,
          onMove: (name, position) => watch.hint(name, position),
          onReport(report) {
            const { error, ...state } = report
            if (error === undefined) logger.info(state, `projector ${report.projector} is ${report.state}`)
            else logger.warn({ ...state, err: error }, `projector ${report.projector} is ${report.state}`)
            onProjector?.(report)
          },
        },
        stopping.signal,
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
      await Promise.all(runs)
    },
  }
}
