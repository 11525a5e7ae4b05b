import type { SyncManifestView } from '../../schemas/queries/device-sync.ts'
import { isoTime } from '../alias-row.ts'
import type { Read } from './read.ts'

/** A manifest that was handed out; `undefined` when none of that id ever was. */
export async function getSyncManifest(
  read: Read,
  { manifestId }: { readonly manifestId: string },
): Promise<SyncManifestView | undefined> {
  const rows = await read<Omit<SyncManifestView, 'tables'> & { readonly name: string; count: number; sha256: string }>(
    'sync manifest',
    `select manifest_id as "manifestId", device_id as "deviceId", ${isoTime('generated_at')} as "generatedAt",
       filter_desc as filter, payload_sha256 as "payloadSha256", table_name as name, row_count::float8 as count, sha256
     from pharos.sync_manifests
     where manifest_id = $1
     order by table_name`,
    [manifestId],
  )
  const [first] = rows
  if (first === undefined) return undefined
  const { name: _, count: __, sha256: ___, ...manifest } = first
  return { ...manifest, tables: rows.map(({ name, count, sha256 }) => ({ name, rowCount: count, sha256 })) }
}
