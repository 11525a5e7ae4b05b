import { createHash } from 'node:crypto'
import type { DeviceTable } from '../../schemas/device-sync/device-tables.ts'
import { flaggedLineSql, rowOrderSql } from './canonical-line.ts'
import { ChunkCutter } from './chunk-cutter.ts'
import type { ChunkStore } from './chunk-store.ts'
import { copyLines, type FleetSnapshot } from './fleet-snapshot.ts'
import { locationScope, type Payload, type StoredChunk } from './payload.ts'
import { type SharedTable, visibleRowsSql } from './visible-rows.ts'

interface BuildContext {
  readonly snapshot: FleetSnapshot
  readonly store: ChunkStore
  /** Called between chunks: what takes long says that it lives. */
  readonly alive: () => Promise<void>
}

/** The rows of one table that all devices of a location share. Holds a few chunks in memory, however many rows there are. */
export async function buildPayload(
  { snapshot, store, alive }: BuildContext,
  table: DeviceTable & { readonly name: SharedTable },
  { locationId, schemaVersion }: { readonly locationId: string; readonly schemaVersion: number },
): Promise<Payload> {
  const hash = createHash('sha256')
  const cutter = new ChunkCutter()
  const chunks: StoredChunk[] = []
  const keep = async (cut: Parameters<ChunkStore['store']>[0]): Promise<void> => {
    if (cut.length === 0) return
    for (const { bytes } of cut) hash.update(bytes)
    chunks.push(...(await store.store(cut)))
    await alive()
  }
  const query = `
    select ${flaggedLineSql(table)} from "${table.name}"
    where ${visibleRowsSql(table.name, locationId)} order by ${rowOrderSql(table)}`
  for await (const piece of copyLines(snapshot, query)) await keep(cutter.push(piece))
  const last = cutter.end()
  await keep(last === undefined ? [] : [last])
  return {
    scope: locationScope(locationId),
    schemaVersion,
    tableName: table.name,
    rowCount: chunks.reduce((sum, { rows }) => sum + rows, 0),
    sha256: hash.digest('hex'),
    chunks,
  }
}
