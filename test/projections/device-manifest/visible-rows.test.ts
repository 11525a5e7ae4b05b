import test from 'ava'
import fc from 'fast-check'
import type { Client } from 'pg'
import { type FleetRelations, visibleRows } from '../../../domain/fleet/visible-rows.ts'
import { isSharedTable, type SharedTable, visibleRowsSql } from '../../../projections/device-manifest/visible-rows.ts'
import { fleet as projector } from '../../../projections/fleet/fleet.ts'
import { deviceTables } from '../../../schemas/device-sync/device-tables.ts'
import { ProjectionWorld } from '../projection-world.ts'

const companyId = fc.constantFrom('acme', 'bolt')
const locationId = fc.constantFrom('l1', 'l2', 'l3', "o'l4")
const groupId = fc.constantFrom('g1', 'g2', 'g3')
const userId = fc.constantFrom('u1', 'u2', 'u3', 'u4')
const rows = <T extends object>(shape: { readonly [K in keyof T]: fc.Arbitrary<T[K]> }, key: (row: T) => string) =>
  fc.uniqueArray(fc.record(shape) as fc.Arbitrary<T>, { selector: key, maxLength: 12 })

/** Any rows and links at all: across companies, of what is not there, of nobody. The rules would refuse most of it. */
const relations: fc.Arbitrary<FleetRelations> = fc.record({
  companies: rows({ companyId }, (row) => row.companyId),
  locations: rows({ locationId, companyId }, (row) => row.locationId),
  groups: rows({ groupId, companyId }, (row) => row.groupId),
  users: rows({ userId, companyId }, (row) => row.userId),
  areas: rows({ areaId: fc.constantFrom('a1', 'a2', 'a3'), locationId }, (row) => row.areaId),
  devices: fc.constant([]),
  locationGroups: rows({ locationId, groupId }, (row) => `${row.locationId} ${row.groupId}`),
  groupUsers: rows({ groupId, userId }, (row) => `${row.groupId} ${row.userId}`),
})

const tables = (deviceTables.get(1) ?? []).filter((table) => isSharedTable(table.name))
const camel = (name: string): string => name.replaceAll(/_[a-z]/g, ([, letter = '']) => letter.toUpperCase())
const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** Only what decides who sees it is asked of a row. */
async function fill(client: Client, fleet: FleetRelations): Promise<void> {
  for (const [name, of] of Object.entries<readonly object[]>({ ...fleet })) {
    await client.query(`delete from ${snake(name)}`)
    const said = of.map((row) => Object.fromEntries(Object.entries(row).map(([field, value]) => [snake(field), value])))
    const columns = Object.keys(said[0] ?? {})
    if (columns.length === 0) continue
    const list = columns.join(', ')
    await client.query(
      `insert into ${snake(name)} (${list}) select ${list} from jsonb_populate_recordset(null::${snake(name)}, $1)`,
      [JSON.stringify(said)],
    )
  }
}

test('the SQL of a payload selects exactly the rows that the domain calls visible, whatever is linked to what', async (t) => {
  const client = await (await ProjectionWorld.create(t)).session(projector)
  for (const name of ['companies', 'locations', 'groups', 'users', 'areas'])
    await client.query(`
      alter table ${name} alter name drop not null, alter revision drop not null,
        alter created_at drop not null, alter updated_at drop not null`)
  let seen = 0
  let foreign = 0
  await fc.assert(
    fc.asyncProperty(relations, async (fleet) => {
      await fill(client, fleet)
      for (const location of fleet.locations) {
        const probe = { ...fleet, devices: [{ deviceId: 'probe', locationId: location.locationId }] }
        const visible = visibleRows(probe, 'probe')
        for (const { name, primaryKey } of tables) {
          const expected = visible[camel(name) as keyof FleetRelations].map((row) =>
            primaryKey.map((column) => String(Reflect.get(row, camel(column)))).join(' '),
          )
          const { rows: selected } = await client.query<{ key: string }>(
            `select concat_ws(' ', ${primaryKey.join(', ')}) as key from ${name}
             where ${visibleRowsSql(name as SharedTable, location.locationId)}`,
          )
          t.deepEqual(selected.map(({ key }) => key).toSorted(), expected.toSorted(), name)
        }
        for (const row of [...visible.companies, ...visible.groups, ...visible.users])
          t.is(row.companyId, location.companyId)
        const shown = new Set(visible.users.map((user) => user.userId))
        t.true(visible.groupUsers.every((link) => shown.has(link.userId)))
        seen += visible.users.length
        foreign += fleet.groupUsers.length - visible.groupUsers.length
      }
    }),
    { numRuns: 60 },
  )
  t.true(seen > 10 && foreign > 10, `${seen} users were seen, ${foreign} links were not`)
})
