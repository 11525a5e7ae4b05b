import type { Projector } from '../../../projections/projector.ts'
import { deviceTables } from '../../../schemas/device-sync/device-tables.ts'

const tables = (deviceTables.get(1) ?? []).map(({ name, columns, primaryKey }) => {
  const lines = columns.map((column) => `"${column.name}" ${column.type}`)
  return `create table "${name}" (${lines.join(', ')}, primary key (${primaryKey.join(', ')}));`
})

export const fleetTables: Projector = {
  name: 'fleet',
  version: 1,
  subjects: ['evt.device.>'],
  eventVersions: {},
  tables: `${tables.join('\n')}
    create table dirty_scopes (scope text collate "C" primary key, position bigint not null)`,
  completion: [],
  views: {},
  async apply() {},
}
