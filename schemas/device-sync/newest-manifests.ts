import { z } from 'zod'
import { manifest } from './manifest.ts'

/** `schemaVersion`s that are served at once: an upgrade of every device at one moment does not exist. */
export const SERVED_SCHEMA_VERSIONS = 2

/**
 * The one message on `device.<id>.manifest` (stream `MANIFESTS`), as JSON: the device's newest manifest in each
 * `schemaVersion` that is served, the newest version first. A device is given the first that it can read.
 */
export const newestManifests = z.array(manifest).min(1).max(SERVED_SCHEMA_VERSIONS)
export type NewestManifests = z.infer<typeof newestManifests>
