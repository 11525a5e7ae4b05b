import { isoTime } from '../alias-row.ts'
import { THINGS } from '../fleet/fleet-tables.ts'
import type { Table } from '../table.ts'
import type { FleetKind } from '../../schemas/queries/fleet.ts'

/** Select list over the table of this kind, so that a row is what its view shows. */
export function fleetColumns(kind: FleetKind): string {
  const { columns }: Table = THINGS[kind]
  return Object.entries(columns)
    .map(([column, type]) => `${shown(column, type)} as "${camelCase(column)}"`)
    .join(', ')
}

/** `company` → `pharos.companies`, `company_id`. */
export function fleetTable(kind: FleetKind): { readonly table: string; readonly key: string } {
  return { table: `pharos.${THINGS[kind].name}`, key: THINGS[kind].key }
}

function shown(column: string, type: string): string {
  switch (type) {
    case 'timestamptz':
      return isoTime(column)
    case 'numeric':
      return `${column}::text`
    case 'bigint':
      return `${column}::float8`
    default:
      return column
  }
}

function camelCase(column: string): string {
  return column.replaceAll(/_[a-z]/g, ([, letter = '']) => letter.toUpperCase())
}
