import type { ClientBase } from 'pg'
import { type Epoch, epoch, type Position } from '../../schemas/position.ts'
import type { DeviceId } from '../../schemas/device-sync/manifest.ts'
import type { StandingManifests } from './manifest-store.ts'

/** What the ledger knows of a device's newest manifest in one schema version. */
export interface KnownManifest {
  readonly deviceId: string
  readonly schemaVersion: number
  readonly locationId: string
  readonly sha256: string
  readonly epoch: Epoch
  readonly position: number
  readonly revision: number
}

/** Known manifests of these devices, and of any other that had its last at one of these locations. */
export async function knownManifests(
  ledger: ClientBase,
  locations: readonly string[],
  devices: readonly DeviceId[],
): Promise<readonly KnownManifest[]> {
  const { rows } = await ledger.query<Omit<KnownManifest, 'epoch'> & { readonly epoch: string }>(
    `select device_id as "deviceId", schema_version as "schemaVersion", location_id as "locationId", sha256, epoch,
       position::float8 as position, revision::float8 as revision
     from manifests where location_id = any ($1) or device_id = any ($2)`,
    [locations, devices],
  )
  return rows.map((row) => ({ ...row, epoch: epoch.parse(row.epoch) }))
}

/** Records what stands for devices, in place of what was known of them. */
export async function recordManifests(ledger: ClientBase, standing: readonly StandingManifests[]): Promise<void> {
  if (standing.length === 0) return
  const rows = standing.flatMap(({ revision, manifests }) => manifests.map((manifest) => ({ ...manifest, revision })))
  const column = <T>(of: (row: (typeof rows)[number]) => T): T[] => rows.map(of)
  await ledger.query(
    `with gone as (
       delete from manifests as m
       where device_id = any ($1)
         and not exists (
           select from unnest($1::text[], $2::integer[]) as kept (device_id, schema_version)
           where kept.device_id = m.device_id and kept.schema_version = m.schema_version
         )
     )
     insert into manifests
       (device_id, schema_version, location_id, manifest_id, sha256, epoch, position, generated_at, revision)
     select * from unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
       $8::timestamptz[], $9::bigint[])
     on conflict (device_id, schema_version) do update set
       location_id = excluded.location_id, manifest_id = excluded.manifest_id, sha256 = excluded.sha256,
       epoch = excluded.epoch, position = excluded.position, generated_at = excluded.generated_at,
       revision = excluded.revision`,
    [
      column(({ deviceId }) => deviceId),
      column(({ schemaVersion }) => schemaVersion),
      column(({ filters }) => filters.locationId),
      column(({ manifestId }) => manifestId),
      column(({ sha256 }) => sha256),
      column((row) => row.epoch),
      column(({ position }) => position),
      column(({ generatedAt }) => generatedAt),
      column(({ revision }) => revision),
    ],
  )
}

/** They have no manifest any more. */
export async function forgetManifests(ledger: ClientBase, devices: readonly string[]): Promise<void> {
  if (devices.length > 0) await ledger.query('delete from manifests where device_id = any ($1)', [devices])
}

/** All that the locations' devices see is built as of `at`. */
export async function recordBuilt(ledger: ClientBase, locations: readonly string[], at: Position): Promise<void> {
  await ledger.query(
    `insert into built_locations (location_id, epoch, position) select location_id, $2, $3 from unnest($1::text[]) as location_id
     on conflict (location_id) do update set epoch = excluded.epoch, position = excluded.position`,
    [locations, at.epoch, at.sequence],
  )
}

/** The locations are to be built again, whatever is known of them. */
export async function forgetBuilt(ledger: ClientBase, locations: readonly string[]): Promise<void> {
  if (locations.length > 0) await ledger.query('delete from built_locations where location_id = any ($1)', [locations])
}
