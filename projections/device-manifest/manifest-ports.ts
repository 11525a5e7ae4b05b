import type { ManifestId } from '../../schemas/device-sync/manifest.ts'
import type { ManifestSigner } from './manifest-signer.ts'
import type { ManifestStore } from './manifest-store.ts'
import type { PayloadObjects } from './payload-objects.ts'

/** What the builder is doing, for metrics and logs. */
export interface ManifestReports {
  /** All devices of a location have what is true at `position`. */
  built?(location: {
    readonly locationId: string
    readonly position: number
    readonly chunks: number
    readonly bytes: number
    readonly manifests: number
    readonly seconds: number
  }): void
  /** A location could not be built: its devices keep their last good manifests. */
  alarm?(alarm: { readonly locationId: string; readonly error: unknown }): void
  /** After each round: locations that wait for a build, of them those that a parked event holds back. */
  progressed?(progress: { readonly waiting: number; readonly held: number; readonly position: number }): void
  collected?(chunks: number): void
}

export interface ManifestPorts {
  readonly objects: PayloadObjects
  readonly manifests: ManifestStore
  readonly signer: ManifestSigner
  readonly reports: ManifestReports
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly newManifestId: () => ManifestId
}
