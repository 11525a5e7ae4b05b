import { hostname } from 'node:os'
import { runManifestBuilder } from '../../../../projections/device-manifest/manifest-builder.ts'
import { manifestMetrics } from '../../../observability/manifest-metrics.ts'
import { manifestPortsOver } from '../manifest-ports-over.ts'
import type { RoleParts } from './role.ts'

/** Builds device manifests until `signal` aborts, or stands by; without keys to sign them with, none are built. */
export async function buildManifests(parts: RoleParts, signal: AbortSignal): Promise<void> {
  const { connection, databaseUrl, deviceKeys, logger, metrics } = parts
  const { manifestKeys: signer } = deviceKeys
  const reports = manifestMetrics(metrics.registry)
  if (signer === undefined) {
    logger.warn('there are no keys to sign device manifests with: none are built here')
    return
  }
  const ports = await manifestPortsOver({ connection, signer, logger, reports })
  let last: string | undefined
  const options = {
    database: { connectionString: databaseUrl },
    ports,
    owner: `${hostname()}:${process.pid}`,
    onReport({ state, error }: { readonly state: string; readonly error?: unknown }) {
      if (state === last) return
      last = state
      if (error === undefined) logger.info(`the builder of device manifests is ${state}`)
      else logger.warn({ err: error }, `the builder of device manifests is ${state}`)
    },
  }
  await runManifestBuilder(options, signal)
}
