import test from 'ava'
import type { Manifest } from '../../../schemas/device-sync/manifest.ts'
import { runManifestBuilder } from '../../../projections/device-manifest/manifest-builder.ts'
import { eventually } from '../../support/infrastructure.ts'
import { ManifestWorld } from './manifest-world.ts'

const SECOND = 1_000
const WAIT = { timeoutMs: 40 * SECOND }

const FLEET = `
  insert into companies values ('acme', 'Acme', '2026-01-01', '2026-01-01');
  insert into locations values ('harbour', 'acme', 'Harbour', null, null, null, null, '2026-01-01', '2026-01-01');
  insert into devices values ('h1', '48:b0:2d:00:00:01', 'harbour', null, null)`

interface Running {
  readonly states: string[]
  stop(): Promise<void>
}

function run(world: ManifestWorld, owner: string): Running {
  const controller = new AbortController()
  const states: string[] = []
  const onReport = ({ state }: { readonly state: string }): void => void states.push(state)
  const options = { database: world.tables.database, ports: world.ports, owner, onReport }
  const stopped = runManifestBuilder(options, controller.signal)
  return {
    states,
    async stop() {
      controller.abort()
      await stopped
    },
  }
}

test('one builds and the other stands by, until the first has gone; a lost session costs nothing', async (t) => {
  const world = await ManifestWorld.create(t)
  const first = run(world, 'first')
  await eventually(() => first.states.includes('building'), WAIT)
  const second = run(world, 'second')
  await eventually(() => second.states.includes('standby'), WAIT)
  await world.change(FLEET, 'location:harbour')
  const made = await eventually(() => world.manifestOf('h1'), WAIT)

  await first.stop()
  await eventually(() => second.states.includes('building'), WAIT)
  await world.change(`update locations set name = 'Port'`, 'location:harbour')
  const changed = await eventually(async () => {
    const manifest = await world.manifestOf('h1')
    return manifest?.manifestId === made.manifestId ? undefined : manifest
  }, WAIT)

  await world.tables.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name like 'pharos device_manifest%'`,
  )
  await eventually(() => second.states.includes('away'), WAIT)
  await world.change(`update locations set name = 'Haven'`, 'location:harbour')
  await eventually(async () => (await world.manifestOf('h1'))?.manifestId !== changed.manifestId, WAIT)
  t.deepEqual((await world.rowsOf('h1', 'locations'))[0]?.slice(0, 3), ['harbour', 'acme', 'Haven'])
  await second.stop()
})

test('chunks that show an erased person go when no device is given them any more, and not a day later', async (t) => {
  const world = await ManifestWorld.create(t)
  await world.change(
    `${FLEET};
     insert into groups values ('crew', 'acme', 'Crew', null, '2026-01-01', '2026-01-01');
     insert into users values ('ann', 'acme', 'Ann', null, null, '2026-01-01', '2026-01-01');
     insert into location_groups values ('harbour', 'crew');
     insert into group_users values ('crew', 'ann')`,
    'location:harbour',
  )
  const builder = run(world, 'only')
  const made = await eventually(() => world.manifestOf('h1'), WAIT)
  const shown = made.tables.find(({ name }) => name === 'users')?.chunks[0]?.sha256
  const isStored = async () => (await world.ports.objects.list()).some(({ sha256 }) => sha256 === shown)
  t.true(await isStored())
  await world.change(`delete from users; delete from group_users`, 'location:harbour')
  await world.tables.pool.query(
    `insert into pharos_system.erasures (person, erased_at, key_destroyed_at, scrubbed_at) values ('ann', now(), now(), now())`,
  )
  await eventually(async () => !(await isStored()), WAIT)
  t.is((await world.rowsOf('h1', 'users')).length, 0)
  await eventually(async () => {
    const { rows } = await world.tables.pool.query('select payloads_erased_at from pharos_system.erasures')
    return rows[0]?.payloads_erased_at
  }, WAIT)
  await builder.stop()
})

test('what is written while a snapshot is read shows in whole or not at all, and in the end it shows', async (t) => {
  const world = await ManifestWorld.create(t)
  await world.change(FLEET, 'location:harbour')
  const builder = run(world, 'only')
  await eventually(() => world.manifestOf('h1'), WAIT)
  const CHANGES = 60
  let done = false
  const changing = (async () => {
    for (let n = 1; n <= CHANGES; n++)
      await world.change(
        `update companies set name = 'n${n}'; update locations set name = 'n${n}'; update areas set name = 'n${n}'`,
        'location:harbour',
      )
    done = true
  })()
  const seen = new Map<string, readonly unknown[]>()
  const nameIn = async (manifest: Manifest, table: string): Promise<unknown> => {
    const [chunk] = manifest.tables.find(({ name }) => name === table)?.chunks ?? []
    const [line = '[]'] = chunk === undefined ? [] : (await world.object(chunk.sha256)).toString().split('\n')
    const row = JSON.parse(line) as readonly unknown[]
    return row[table === 'companies' ? 1 : 2]
  }
  await eventually(async () => {
    const manifest = await world.manifestOf('h1')
    if (manifest === undefined) return false
    const names = [await nameIn(manifest, 'companies'), await nameIn(manifest, 'locations')]
    seen.set(manifest.manifestId, names)
    return done && names[0] === `n${CHANGES}`
  }, WAIT)
  await changing
  await builder.stop()
  t.true(seen.size > 1)
  for (const [company, location] of seen.values())
    t.true(
      company === location || (company === 'Acme' && location === 'Harbour'),
      `${String(company)}, ${String(location)}`,
    )
})
