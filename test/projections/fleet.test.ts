import test from 'ava'
import fc from 'fast-check'
import type { Client } from 'pg'
import { visibleRows } from '../../domain/fleet/visible-rows.ts'
import { isoTime } from '../../projections/alias-row.ts'
import { fleet } from '../../projections/fleet/fleet.ts'
import { GROUP_USERS, LOCATION_GROUPS, THINGS } from '../../projections/fleet/fleet-tables.ts'
import { rebuildProjector } from '../../projections/rebuild.ts'
import type { Table } from '../../projections/table.ts'
import type { FleetCommand } from '../../schemas/commands/fleet.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import { deviceTables } from '../../schemas/device-sync/device-tables.ts'
import { fleetContent } from '../support/fleet-content.ts'
import { fleetCommands, FleetLog } from '../support/fleet-log.ts'
import { applyBatch, ProjectionWorld } from './projection-world.ts'
import { TestLog } from './test-log.ts'

const START = Date.parse('2026-03-01T12:00:00.000Z')
const TABLES: readonly Table[] = [...Object.values(THINGS), LOCATION_GROUPS, GROUP_USERS]

/** The tables as the states say that they must be: all values as text, rows sorted. What a decommissioned device was is not asked. */
function expected(log: FleetLog): Record<string, string[]> {
  const content: Record<string, readonly object[]> = fleetContent(log)
  const iso = (sequence: unknown): string => new Date(START + Number(sequence)).toISOString()
  const entries = TABLES.map(({ name, columns }) => {
    const rows = content[name.replaceAll(/_[a-z]/g, ([, letter = '']) => letter.toUpperCase())] ?? []
    const texts = rows
      .filter((row) => name !== 'devices' || 'model' in row)
      .map((row) => {
        const values = new Map<string, unknown>(
          Object.entries(row).map(([field, value]) => [
            field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
            field === 'createdAt' || field === 'updatedAt' ? iso(value) : value,
          ]),
        )
        return JSON.stringify(asked(columns).map((column) => values.get(column)))
      })
    return [name, texts.toSorted()]
  })
  return Object.fromEntries(entries)
}

async function stored(client: Client): Promise<Record<string, string[]>> {
  const tables: [string, string[]][] = []
  for (const { name, columns } of TABLES) {
    const values = asked(columns).map((column) =>
      columns[column] === 'timestamptz' ? isoTime(column) : `${column}::text`,
    )
    const { rows } = await client.query<unknown[]>({
      text: `select ${values.join(', ')} from ${name} ${name === 'devices' ? "where status = 'active'" : ''}`,
      rowMode: 'array',
    })
    tables.push([name, rows.map((row) => JSON.stringify(row)).toSorted()])
  }
  return Object.fromEntries(tables)
}

function asked(columns: Table['columns']): string[] {
  return Object.keys(columns).filter((column) => column !== 'revision' && column !== 'status')
}

/** What the devices of each location see, as text: whatever is another text is another content. */
function contents(log: FleetLog): Map<string, string> {
  const content = fleetContent(log)
  const seen = content.locations.map(({ locationId }) => {
    const probe = { ...content, devices: [{ deviceId: 'probe', locationId }] }
    const here = content.devices.filter((row) => row.locationId === locationId)
    return [`location:${locationId}`, JSON.stringify([visibleRows(probe, 'probe'), here])] as const
  })
  return new Map(seen)
}

/** Sends the commands one by one, and notes where what is seen in a scope became another. */
function live(commands: readonly FleetCommand[]): { log: FleetLog; marks: Map<string, number> } {
  const log = new FleetLog()
  const marks = new Map<string, number>()
  let before = contents(log)
  for (const command of commands) {
    const from = log.events.length
    log.send(command)
    const after = contents(log)
    const position = log.events[from]?.sequence ?? 0
    for (const scope of new Set([...before.keys(), ...after.keys()]))
      if (before.get(scope) !== after.get(scope)) marks.set(scope, position)
    before = after
  }
  return { log, marks }
}

function split(events: readonly RecordedEvent[], sizes: readonly number[]): RecordedEvent[][] {
  const batches: RecordedEvent[][] = []
  for (const [i, event] of events.entries()) {
    const isWhole = event.envelope.commandindex === 0
    const size = sizes[batches.length % sizes.length] ?? 1
    if (batches.length === 0 || (isWhole && (batches.at(-1)?.length ?? 0) >= size)) batches.push([])
    batches.at(-1)?.push(events[i] as RecordedEvent)
  }
  return batches
}

async function empty(client: Client): Promise<void> {
  await client.query(`truncate ${TABLES.map(({ name }) => name).join(', ')}, dirty_scopes, parked`)
  await client.query('update checkpoint set position = 0')
}

test('the tables are what the rules say, and exactly the scopes that see a change are marked, in whatever batches', async (t) => {
  const world = await ProjectionWorld.create(t)
  const client = await world.session(fleet)
  const sizes = fc.array(fc.constantFrom(1, 2, 5, 40, 1000), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(fleetCommands, sizes, async (commands, sizesOf) => {
      const { log, marks } = live(commands)
      await empty(client)
      for (const batch of split(log.events, sizesOf)) await applyBatch(client, batch, fleet)
      t.deepEqual(await stored(client), expected(log))
      const { rows } = await client.query<{ scope: string; position: string }>(
        'select scope, position from dirty_scopes',
      )
      const marked = rows.map(({ scope, position }) => `${scope} ${position}`)
      t.deepEqual(marked.toSorted(), [...marks].map((mark) => mark.join(' ')).toSorted())
      t.is((await client.query('select from parked')).rowCount, 0)
    }),
    { numRuns: 40 },
  )
})

test('a rebuild gives the same tables and the same marks', async (t) => {
  const world = await ProjectionWorld.create(t)
  const log = new TestLog()
  const made = new FleetLog()
  for (const commands of fc.sample(fleetCommands, { numRuns: 30, seed: 5 })) for (const one of commands) made.send(one)
  const runner = world.run(log, { projector: fleet })
  for (const batch of split(made.events, [3, 17, 100])) log.add(...batch)
  await world.untilPosition(made.events.length, 'fleet')
  await runner.stop()
  const never = new AbortController().signal
  const result = await rebuildProjector(fleet, { database: world.database, log, signal: never })
  t.is(result.status, 'swapped')
  if (result.status !== 'swapped') return
  t.deepEqual(
    result.tables.filter(({ isEqual }) => !isEqual),
    [],
  )
  t.true((result.tables.find(({ table }) => table === 'dirty_scopes')?.live.rows ?? 0) === 3)
})

test('the views have what a device gets', async (t) => {
  const world = await ProjectionWorld.create(t)
  await world.session(fleet)
  for (const { name, columns } of deviceTables.get(1) ?? []) {
    const { rows } = await world.pool.query<{ column_name: string; data_type: string }>(
      `select column_name, data_type from information_schema.columns where table_schema = 'pharos' and table_name = $1`,
      [name],
    )
    const types = new Map(rows.map((row) => [row.column_name, row.data_type]))
    for (const { name: column, type } of columns)
      t.is(types.get(column), type === 'timestamptz' ? 'timestamp with time zone' : type, `${name}.${column}`)
  }
})

test('decimals keep their scale', async (t) => {
  const world = await ProjectionWorld.create(t)
  const client = await world.session(fleet)
  const { log } = live([])
  const register = (type: string, data: object): FleetCommand => ({ type, data }) as FleetCommand
  log.send(register('company.register', { companyId: 'acme', name: 'Acme' }))
  const place = { locationId: 'l1', companyId: 'acme', name: 'Pier', address: null, timeZone: null }
  log.send(register('location.register', { ...place, latitude: '47.600000', longitude: '-122.10' }))
  log.send(register('location.change', { locationId: 'l1', name: 'Dock' }))
  for (const batch of split(log.events, [1])) await applyBatch(client, batch, fleet)
  const { rows } = await client.query('select latitude::text, longitude::text, name, revision::int from locations')
  t.deepEqual(rows, [{ latitude: '47.600000', longitude: '-122.10', name: 'Dock', revision: 3 }])
})

test('taking a link away that went with its group is seen nowhere', async (t) => {
  const world = await ProjectionWorld.create(t)
  const client = await world.session(fleet)
  const command = (type: string, data: object): FleetCommand => ({ type, data }) as FleetCommand
  const place = { name: 'Pier', address: null, timeZone: null, latitude: null, longitude: null }
  const commands = [
    command('company.register', { companyId: 'acme', name: 'Acme' }),
    command('location.register', { locationId: 'l1', companyId: 'acme', ...place }),
    command('group.register', { groupId: 'g1', companyId: 'acme', name: 'Night', description: null }),
    command('user.register', { userId: 'u1', companyId: 'acme', name: 'Ann', email: null, phone: null }),
    command('location.link-group', { locationId: 'l1', groupId: 'g1' }),
    command('user.link-group', { userId: 'u1', groupId: 'g1' }),
    command('group.remove', { groupId: 'g1' }),
    command('location.unlink-group', { locationId: 'l1', groupId: 'g1' }),
    command('user.unlink-group', { userId: 'u1', groupId: 'g1' }),
  ]
  const { log, marks } = live(commands)
  t.is(log.events.length, commands.length)
  t.deepEqual([...marks], [['location:l1', 7]])
  for (const sizes of [[1], [1000], [7, 1], [6, 1000]]) {
    await empty(client)
    for (const batch of split(log.events, sizes)) await applyBatch(client, batch, fleet)
    t.deepEqual((await client.query('select scope, position::int from dirty_scopes')).rows, [
      { scope: 'location:l1', position: 7 },
    ])
    t.deepEqual(await stored(client), expected(log))
  }
})
