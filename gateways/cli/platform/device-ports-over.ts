import type { NatsConnection } from '@nats-io/transport-node'
import type { RefusedCommand } from '../../../commands/refusals/refused-command.ts'
import { JetStreamNewestManifests } from '../../../infra/jetstream/jetstream-newest-manifests.ts'
import { JetStreamSyncEvidence } from '../../../infra/jetstream/jetstream-sync-evidence.ts'
import { newUlid } from '../../../schemas/new-ulid.ts'
import type { CredentialBook } from '../../devices/credential-book.ts'
import type { DevicePorts } from '../../devices/device-ports.ts'
import type { DeviceKeys } from './device-keys.ts'

interface Parts {
  readonly connection: NatsConnection
  readonly deviceKeys: DeviceKeys
  readonly book: CredentialBook
  readonly onRefused: (refused: RefusedCommand) => void
}

/** What device sync works with, whichever way a device comes. */
export async function devicePortsOver({
  connection,
  deviceKeys,
  book,
  onRefused,
}: Parts): Promise<DevicePorts | undefined> {
  if (deviceKeys.manifestKeys === undefined) return undefined
  return {
    manifests: await JetStreamNewestManifests.open(connection),
    evidence: new JetStreamSyncEvidence(connection),
    keys: deviceKeys.manifestKeys,
    missing: (id) => book.missing(id),
    onRefused,
    now: Date.now,
    newId: newUlid,
    source: '/pharos',
  }
}
