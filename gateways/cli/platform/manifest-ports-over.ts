import type { NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'
import { JetStreamManifests } from '../../../infra/jetstream/jetstream-manifests.ts'
import { JetStreamPayloadObjects } from '../../../infra/jetstream/payload-objects.ts'
import type { ManifestPorts, ManifestReports } from '../../../projections/device-manifest/manifest-ports.ts'
import type { ManifestSigner } from '../../../projections/device-manifest/manifest-signer.ts'
import { manifestId } from '../../../schemas/device-sync/manifest.ts'
import { newUlid } from '../../../schemas/new-ulid.ts'

interface Parts {
  readonly connection: NatsConnection
  readonly signer: ManifestSigner
  readonly logger: Logger
  readonly reports: ManifestReports
}

/** What device manifests are built with: chunks in a bucket, manifests in a stream, the clock of this machine. */
export async function manifestPortsOver({ connection, signer, logger, reports }: Parts): Promise<ManifestPorts> {
  return {
    objects: await JetStreamPayloadObjects.open(connection),
    manifests: await JetStreamManifests.open(connection),
    signer,
    reports: {
      ...reports,
      alarm(alarm) {
        const { locationId, error } = alarm
        logger.error(
          { err: error, location: locationId },
          'the manifests of a location could not be built; its devices keep their last good ones',
        )
        reports.alarm?.(alarm)
      },
    },
    now: Date.now,
    newManifestId: () => manifestId.parse(newUlid()),
  }
}
