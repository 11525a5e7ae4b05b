import type { FleetKind, FleetView } from '../../schemas/queries/fleet.ts'
import { fleetColumns, fleetTable } from './fleet-columns.ts'
import type { Read } from './read.ts'

/** The thing of this kind and id; a device also when it is decommissioned. */
export async function getFleetThing<K extends FleetKind>(
  read: Read,
  { kind, id }: { readonly kind: K; readonly id: string },
): Promise<FleetView<K> | undefined> {
  const { table, key } = fleetTable(kind)
  const rows = await read<FleetView<K>>(`get ${kind}`, `select ${fleetColumns(kind)} from ${table} where ${key} = $1`, [
    id,
  ])
  return rows[0]
}
