import type { RefusedCommand } from '../../commands/refusals/refused-command.ts'
import type { DeviceId, Manifest } from '../../schemas/device-sync/manifest.ts'
import type { NewestManifests } from '../../schemas/device-sync/newest-manifests.ts'
import type { Freshness } from '../../schemas/device-sync/statements.ts'
import type { Envelope } from '../../schemas/envelope.ts'

/** An object as stored (zstd), and what tells this stored form from another. */
export interface StoredPayload {
  readonly bytes: Uint8Array
  readonly etag: string
}

/** Object Store bucket `payloads`. What rejects is an outage. */
export interface PayloadSource {
  /** A whole object by the sha256 of its content; `undefined` where there is none. */
  read(sha256: string): Promise<StoredPayload | undefined>
}

/** Stream `MANIFESTS`. What rejects is an outage. */
export interface NewestManifestSource {
  read(deviceId: DeviceId): Promise<NewestManifests | undefined>
}

/** Stream `SYNC`. What rejects is an outage. */
export interface SyncEvidence {
  /** Stored when it resolves. The same `id` again, soon, is stored once. */
  append(envelope: Envelope, id: string): Promise<void>
  /** What a device was answered since then, oldest first, at most `most`. */
  answersTo(deviceId: DeviceId, since: Date, most: number): AsyncIterable<Envelope>
}

/** What devices need to believe what they are told. */
export interface SyncKeys {
  /** The manifest, signed anew where its key signs no more. */
  renewed(manifest: Manifest): Promise<Manifest>
  freshness(statement: Freshness): Promise<string>
  signingKeys(): Promise<string>
}

/** Why a device has no manifest; the fleet knows. */
export type Missing = 'unknown_device' | 'decommissioned' | 'not_assigned' | 'not_built'

/** What the devices' gateway works with. */
export interface DevicePorts {
  readonly manifests: NewestManifestSource
  readonly evidence: SyncEvidence
  readonly keys: SyncKeys
  readonly missing: (deviceId: DeviceId) => Missing
  /** Told of what a device was refused that was not its own to ask. */
  readonly onRefused: (refused: RefusedCommand) => void
  /** Epoch milliseconds. */
  readonly now: () => number
  /** A fresh ULID. */
  readonly newId: () => string
  /** CloudEvents source of the evidence. */
  readonly source: string
}

/** A device that has proven itself: by its NATS credential or its API key. */
export interface ProvenDevice {
  readonly deviceId: DeviceId
  readonly mac: string
  readonly via: 'nats' | 'http'
}
