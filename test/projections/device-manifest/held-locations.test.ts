import test from 'ava'
import fc from 'fast-check'
import type { Client } from 'pg'
import { splitIntoCommands } from '../../../projections/command-boundary.ts'
import { heldLocations } from '../../../projections/device-manifest/held-locations.ts'
import { isSharedTable, visibleRowsSql } from '../../../projections/device-manifest/visible-rows.ts'
import { fleet } from '../../../projections/fleet/fleet.ts'
import { readHeld } from '../../../projections/parked.ts'
import { projectBatch } from '../../../projections/project-batch.ts'
import type { Projector } from '../../../projections/projector.ts'
import type { RecordedEvent } from '../../../schemas/envelope.ts'
import { deviceTables } from '../../../schemas/device-sync/device-tables.ts'
import { fleetCommands, FleetLog } from '../../support/fleet-log.ts'
import { EPOCH } from '../alias-events.ts'
import { FaultyProjector, spoilt } from '../poison.ts'
import { ProjectionWorld } from '../projection-world.ts'

const TABLES = ['companies', 'locations', 'groups', 'users', 'areas', 'devices', 'location_groups', 'group_users']
const tables = deviceTables.get(1) ?? []

/** The tables as a live owner has them at the end of the log, which came in two batches, and what it holds back. */
async function project(client: Client, projector: Projector, events: readonly RecordedEvent[]): Promise<void> {
  await client.query(`truncate ${TABLES.join(', ')}, dirty_scopes, parked`)
  await client.query('update checkpoint set position = 0')
  const commands = splitIntoCommands(events)
  const middle = Math.ceil(commands.length / 2)
  let at = 0
  for (const batch of [commands.slice(0, middle).flat(), commands.slice(middle).flat()]) {
    const last = batch.at(-1)
    if (last === undefined) continue
    const from = { epoch: EPOCH, sequence: at }
    const held = await readHeld(client)
    await projectBatch(client, projector, { events: batch, from, to: last.sequence, asOf: last.envelope.time, held })
    at = last.sequence
  }
}

/** What the devices of a location are given, of each table. */
async function given(client: Client, locationId: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const seen: [string, readonly string[]][] = []
  for (const { name, primaryKey } of tables) {
    const isShared = isSharedTable(name)
    const where = isShared ? visibleRowsSql(name, locationId) : `location_id = '${locationId}'`
    const { rows } = await client.query<{ row: string }>(
      `select row(${name}.*)::text as row from ${name} where ${where} order by ${primaryKey.join(', ')}`,
    )
    seen.push([name, rows.map(({ row }) => row)])
  }
  return Object.fromEntries(seen)
}

test('whatever is parked, a location that is not held shows exactly what is true', async (t) => {
  const [parked, whole] = await Promise.all([1, 2].map(async () => (await ProjectionWorld.create(t)).session(fleet)))
  if (parked === undefined || whole === undefined) throw new Error('no sessions')
  let [held, free] = [0, 0]
  const law = fc.asyncProperty(fleetCommands, fc.nat(), fc.boolean(), async (commands, at, isSpoilt) => {
    const log = new FleetLog()
    for (const command of commands) log.send(command)
    const poison = log.events[at % log.events.length]?.sequence ?? 0
    const events = isSpoilt
      ? log.events.map((event) => (event.sequence === poison ? spoilt(event) : event))
      : log.events
    await project(parked, isSpoilt ? fleet : new FaultyProjector([poison], fleet).projector, events)
    await project(whole, fleet, log.events)
    const { rows } = await whole.query<{ id: string }>(
      'select location_id as id from locations union select location_id from devices where location_id is not null',
    )
    const kept = await heldLocations({ client: parked, at: { epoch: EPOCH, sequence: log.events.length } })
    for (const { id } of rows) {
      if (kept.has(id)) {
        held++
        continue
      }
      free++
      const [is, must] = [await given(parked, id), await given(whole, id)]
      const { devices: ours = [], ...shared } = is
      const { devices: theirs = [], ...wanted } = must
      const event = log.events[poison - 1]?.envelope
      t.deepEqual(shared, wanted, `${id} without ${event?.type} ${JSON.stringify(event?.data)}`)
      // One that is held itself has no manifest, or another location's.
      t.true(ours.every((row) => theirs.includes(row)))
    }
  })
  await fc.assert(law, { numRuns: 40 })
  t.log(`${held} held, ${free} free`)
  t.true(held > 10 && free > 10)
})
