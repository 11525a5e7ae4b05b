import { hostname } from 'node:os'
import { aliasIndex } from '../../../../projections/alias-index/alias-index.ts'
import { keepCollecting } from '../../../../projections/alias-index/collect-objects.ts'
import { indexPublication } from '../../../../projections/alias-index/index-publisher.ts'
import { JetStreamParkedMirror } from '../../../../infra/jetstream/jetstream-parked-mirror.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSession } from '../../../../projections/session.ts'
import { sweepScratches } from '../../../../projections/as-of/scratch.ts'
import { erasures } from '../../../../projections/erasure/erasures.ts'
import { aliases } from '../../../../projections/tables/aliases.ts'
import { runProjector } from '../../../../projections/run-projector.ts'
import { indexMetrics } from '../../../observability/index-metrics.ts'
import { observeProjector } from '../../../observability/observe-projector.ts'
import { aliasExpiryOver } from '../alias-expiry-over.ts'
import { erasurePublicationOver } from '../erasure-publication-over.ts'
import { indexPortsOver } from '../index-ports-over.ts'
import { logOf } from '../logs.ts'
import { projectors } from '../projectors.ts'
import { buildManifests } from './build-manifests.ts'
import type { RoleParts } from './role.ts'

/** How often objects of the index that nobody needs are looked for, in milliseconds. */
const COLLECT_MS = 600_000

/** Role `projections`: runs every projector, as its owner or standing by for the one that is. */
export async function startProjectionsRole(parts: RoleParts): Promise<AsyncDisposable> {
  const { databaseUrl, store, logs, connection, watch, metrics, logger, onProjector } = parts
  const parkedMirror = new JetStreamParkedMirror(connection)
  const stopping = new AbortController()
  const { signal } = stopping
  const sweeping = sweepRegularly(parts, signal)
  const reports = indexMetrics(metrics.registry)
  const index = await indexPortsOver({ connection, store, logger, reports })
  const collecting = keepCollecting(index, {
    everyMs: COLLECT_MS,
    signal,
    onError: (error) => logger.warn({ err: error }, 'replaced index objects were not collected; trying again later'),
  })
  const building = buildManifests(parts, signal)
  const expiry = await aliasExpiryOver(parts)
  const owner = `${hostname()}:${process.pid}`
  const runs = projectors.map(async (projector) => {
    try {
      await runProjector(
        observeProjector(projector, metrics.projectors),
        {
          database: { connectionString: databaseUrl },
          log: logOf(projector, logs),
          owner,
          ...(projector === aliases ? { publication: expiry } : {}),
          ...(projector === aliasIndex ? { publication: indexPublication(index) } : {}),
          ...(projector === erasures ? { publication: erasurePublicationOver(parts) } : {}),
          parkedMirror,
          onMove: (name, position) => watch.hint(name, position),
          onHeld(name, held) {
            const causes = [...new Set([...held.values()].map(({ cause }) => cause))].slice(0, 10)
            logger.error(
              { projector: name, aggregates: held.size, positions: causes },
              `projector ${name} holds back ${held.size} aggregates; "pharos parked list" says why`,
            )
          },
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
      await Promise.all([...runs, sweeping, collecting, building])
      await expiry.drained()
    },
  }
}

const SWEEP_MS = 600_000

/** Drops what was kept of the past for a while only. Any process may; it does no harm if several do. */
async function sweepRegularly({ databaseUrl, logger }: RoleParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      // A session of its own, which survives that Postgres goes away beneath it.
      await using session = await openSession(
        { connectionString: databaseUrl },
        { applicationName: 'pharos sweep', statementTimeout: 30_000 },
      )
      const dropped = await sweepScratches(session.client, new Date())
      if (dropped.length > 0) logger.info({ dropped }, 'scratch schemas whose time was over were dropped')
    } catch (error) {
      logger.warn({ err: error }, 'scratch schemas could not be looked at')
    }
    await sleep(SWEEP_MS * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined)
  }
}
