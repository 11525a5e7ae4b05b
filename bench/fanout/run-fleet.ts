import { hostname } from 'node:os'
import type { NatsConnection } from '@nats-io/transport-node'
import { JetStreamManifests } from '../../infra/jetstream/jetstream-manifests.ts'
import { JetStreamPayloadObjects } from '../../infra/jetstream/payload-objects.ts'
import { runManifestBuilder } from '../../projections/device-manifest/manifest-builder.ts'
import type { ManifestReports } from '../../projections/device-manifest/manifest-ports.ts'
import type { EventLog } from '../../projections/event-log.ts'
import { fleet } from '../../projections/fleet/fleet.ts'
import { runProjector } from '../../projections/run-projector.ts'
import { manifestId } from '../../schemas/device-sync/manifest.ts'
import { newUlid } from '../../schemas/new-ulid.ts'
import { newManifestKeys } from '../servers/new-manifest-keys.ts'

/** The fleet's projector and the builder of its manifests at work in this process, until it is disposed of. */
export async function runFleet(parts: {
  readonly connection: NatsConnection
  readonly log: EventLog
  readonly databaseUrl: string
  readonly keysDir: string
  readonly reports: ManifestReports
  readonly note: (text: string) => void
}): Promise<AsyncDisposable> {
  const { connection, log, databaseUrl, keysDir, reports, note } = parts
  const database = { connectionString: databaseUrl }
  const ports = {
    objects: await JetStreamPayloadObjects.open(connection),
    manifests: await JetStreamManifests.open(connection),
    signer: await newManifestKeys(keysDir),
    reports,
    now: Date.now,
    newManifestId: () => manifestId.parse(newUlid()),
  }
  const owner = `${hostname()}:${process.pid}`
  const stopping = new AbortController()
  const said = ({ state, error }: { readonly state: string; readonly error?: unknown }): void => {
    if (error !== undefined) note(`${state}: ${error instanceof Error ? error.message : 'of a fault'}`)
  }
  const running = [
    runProjector(fleet, { database, log, owner, onReport: said }, stopping.signal),
    runManifestBuilder({ database, ports, owner, onReport: said }, stopping.signal),
  ]
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await Promise.all(running)
    },
  }
}
