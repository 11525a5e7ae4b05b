import test from 'ava'
import { ulid } from 'ulid'
import type { AccessPolicy } from '../../commands/access-policy.ts'
import { createCommandBus } from '../../commands/command-bus.ts'
import { fleet as definition } from '../../commands/fleet/fleet.ts'
import { macSubject, userSubject } from '../../commands/fleet/fleet-subjects.ts'
import { commandHandler } from '../../commands/handle-command.ts'
import { applyTopology } from '../../infra/jetstream/apply-topology.ts'
import { JetStreamEventStore } from '../../infra/jetstream/jetstream-event-store.ts'
import { FleetReferrers } from '../../infra/postgres/fleet-referrers.ts'
import { streams } from '../../infra/streams.ts'
import { fleet } from '../../projections/fleet/fleet.ts'
import { CheckpointWatch } from '../../projections/wait-for-position.ts'
import type { Actor } from '../../schemas/actor.ts'
import type { CommandResult } from '../../schemas/command.ts'
import type { FleetCommandType } from '../../schemas/commands/fleet.ts'
import type { ActorId } from '../../schemas/ids.ts'
import { ProjectionWorld, type Runner } from '../projections/projection-world.ts'
import { testNats } from '../support/infrastructure.ts'

const everything: AccessPolicy = { allows: () => true, actsForOthers: () => true }
const ann: Actor = { id: 'ann' as ActorId, roles: ['operator'] }

type Send = (type: FleetCommandType, data: object, commandId?: string) => Promise<CommandResult>

/** A log, the tables of the fleet that follow it, and two processes that take commands, each with a cache of its own. */
interface World {
  readonly here: Send
  readonly there: Send
  /** Waits for the tables for a moment only. */
  readonly hasty: Send
  readonly store: JetStreamEventStore
  readonly projected: ProjectionWorld
  readonly runner: Runner
}

async function open(t: { readonly title: string }): Promise<World> {
  const [nats, projected] = await Promise.all([testNats(t), ProjectionWorld.create(t)])
  await applyTopology(await nats.connect(), streams)
  const store = await JetStreamEventStore.open(await nats.connect())
  const runner = projected.run(store, { projector: fleet })
  const { epoch } = await store.head()
  const process = async (timeoutMs = 40_000): Promise<Send> => {
    const own = await JetStreamEventStore.open(await nats.connect())
    const referrers = new FleetReferrers(projected.pool, new CheckpointWatch(projected.pool), epoch, timeoutMs)
    const ports = {
      store: own,
      policy: everything,
      referrers,
      epoch,
      now: Date.now,
      newId: () => ulid(),
      source: '/test',
    }
    const bus = createCommandBus([commandHandler(definition, ports)])
    return (type, data, commandId = ulid()) => bus.dispatch({ type, body: { commandId, data }, actor: ann })
  }
  const [here, there] = await Promise.all([process(), process()])
  return { here, there, hasty: await process(300), store, projected, runner }
}

let world: World
test.before(async (t) => {
  world = await open(t)
})

const codeOf = (result: CommandResult): string => (result.status === 'rejected' ? result.code : result.status)

async function founded(company: string): Promise<void> {
  await world.here('company.register', { companyId: company, name: company })
  await world.here('location.register', { locationId: `${company}-l`, companyId: company, name: 'Pier' })
  await world.here('group.register', { groupId: `${company}-g`, companyId: company, name: 'Night' })
}

test.serial(
  'of a removal and what is just being registered, one gives way: nobody is left in a company that is gone',
  async (t) => {
    const { here, there, store } = world
    const outcomes = new Set<string>()
    for (let round = 0; round < 12; round++) {
      const companyId = `removed${round}`
      await here('company.register', { companyId, name: 'Acme' })
      // Both processes know the company.
      await there('company.change', { companyId, name: 'Acme Corporation' })
      const register = async (n: number): Promise<CommandResult> => {
        // Later from round to round, until the removal is there first.
        for (let turn = 0; turn < round * 6; turn++) await store.lastRevision(userSubject('nobody'))
        return (n === 0 ? here : there)('user.register', { userId: `${companyId}-u${n}`, companyId, name: 'Ann' })
      }
      const removal = here('company.remove', { companyId })
      const [removed, ...registered] = await Promise.all([removal, ...[0, 1, 2].map(register)])
      const users = registered.map(codeOf)
      outcomes.add(codeOf(removed))
      if (removed.status === 'accepted') t.deepEqual(users, Array(3).fill('company_not_found'))
      else {
        t.is(codeOf(removed), 'company_in_use')
        t.deepEqual(users, Array(3).fill('accepted'))
      }
      for (const [n, code] of users.entries())
        t.is((await store.lastRevision(userSubject(`${companyId}-u${n}`))) > 0, code === 'accepted')
    }
    t.log([...outcomes])
  },
)

test.serial(
  'a removal that is refused names what is in the way, and is accepted as soon as that is gone',
  async (t) => {
    const { here } = world
    await founded('named')
    await here('area.register', { areaId: 'named-a', locationId: 'named-l', name: 'Dock' })
    await here('device.register', { deviceId: 'named-d', mac: '48:b0:2d:00:00:01', locationId: 'named-l' })
    const message = 'the location "named-l" still has devices and areas'
    t.like(await here('location.remove', { locationId: 'named-l' }), {
      status: 'rejected',
      code: 'location_in_use',
      message,
    })
    t.like(await here('company.remove', { companyId: 'named' }), {
      message: 'the company "named" still has locations and groups',
    })
    await here('area.remove', { areaId: 'named-a' })
    await here('device.decommission', { deviceId: 'named-d' })
    t.is(codeOf(await here('location.remove', { locationId: 'named-l' })), 'accepted')
    await here('group.remove', { groupId: 'named-g' })
    const commandId = ulid()
    t.is(codeOf(await here('company.remove', { companyId: 'named' }, commandId)), 'accepted')
    t.is(codeOf(await here('company.remove', { companyId: 'named' }, commandId)), 'duplicate')
  },
)

test.serial('a link to a group that is being removed is either refused or goes with it', async (t) => {
  const { here, there, projected, store } = world
  await founded('linked')
  for (let round = 0; round < 10; round++) {
    const groupId = `linked-g${round}`
    const userId = `linked-u${round}`
    await here('group.register', { groupId, companyId: 'linked', name: 'Night' })
    await there('user.register', { userId, companyId: 'linked', name: 'Ann' })
    await there('group.change', { groupId, name: 'Nights' })
    const [removed, ...links] = await Promise.all([
      here('group.remove', { groupId }),
      there('user.link-group', { userId, groupId }),
      there('location.link-group', { locationId: 'linked-l', groupId }),
    ])
    t.is(codeOf(removed), 'accepted')
    for (const link of links) t.true(['accepted', 'group_not_found'].includes(codeOf(link)), codeOf(link))
  }
  await projected.untilPosition((await store.head()).sequence, 'fleet')
  const { rows } = await projected.pool.query(
    `select group_id from pharos.group_users where group_id like 'linked-g%'
     union all select group_id from pharos.location_groups where group_id like 'linked-g%'`,
  )
  t.deepEqual(rows, [])
})

test.serial('an address is given to one device, whoever asks and however it is written', async (t) => {
  const { here, there, store } = world
  for (let round = 0; round < 8; round++) {
    const octet = (0x10 + round).toString(16)
    const results = await Promise.all([
      here('device.register', { deviceId: `twin${round}a`, mac: `48:b0:2d:00:01:${octet}` }),
      there('device.register', { deviceId: `twin${round}b`, mac: `48-B0-2D-00-01-${octet.toUpperCase()}` }),
    ])
    t.deepEqual(results.map(codeOf).toSorted(), ['accepted', 'mac_taken'])
    t.is((await store.readAggregate(macSubject(`48:b0:2d:00:01:${octet}`))).length, 1)
  }
  const both = await Promise.all([
    here('device.decommission', { deviceId: 'twin0a' }),
    there('device.decommission', { deviceId: 'twin0b' }),
  ])
  t.deepEqual(both.map(codeOf).toSorted(), ['accepted', 'device_not_found'])
  t.is(codeOf(await there('device.register', { deviceId: 'heir', mac: '48b0.2d00.0110' })), 'accepted')
})

test.serial('a company that changes all the time stops nobody who refers to it', async (t) => {
  const { here, there } = world
  await founded('busy')
  const users = Array.from({ length: 60 }, (_, n) =>
    (n % 2 === 0 ? here : there)('user.register', { userId: `busy-u${n}`, companyId: 'busy', name: 'Ann' }),
  )
  const changes = (async () => {
    for (let n = 0; n < 3; n++) await here('company.change', { companyId: 'busy', name: `Busy ${n}` })
  })()
  const results = await Promise.all(users)
  await changes
  t.deepEqual(new Set(results.map(codeOf)), new Set(['accepted']))
})

test.serial('the tables show what was commanded, at the position that was answered', async (t) => {
  const { here, projected } = world
  await founded('shown')
  await here('user.register', { userId: 'shown-u', companyId: 'shown', name: 'Ann', email: 'ann@example.com' })
  await here('user.link-group', { userId: 'shown-u', groupId: 'shown-g' })
  const linked = await here('location.link-group', { locationId: 'shown-l', groupId: 'shown-g' })
  t.is(linked.status, 'accepted')
  const sequence = linked.status === 'accepted' ? Number(linked.position.split('-')[1]) : 0
  await projected.untilPosition(sequence, 'fleet')
  const { rows } = await projected.pool.query(
    `select users.name, users.email, users.revision::int from pharos.location_groups
     join pharos.group_users using (group_id) join pharos.users using (user_id) where location_id = 'shown-l'`,
  )
  t.deepEqual(rows, [{ name: 'Ann', email: 'ann@example.com', revision: sequence - 2 }])
  const marks = await projected.pool.query(
    `select position::int from pharos.dirty_scopes where scope = 'location:shown-l'`,
  )
  t.deepEqual(marks.rows, [{ position: sequence }])
})

test.serial(
  'who refers to a thing is unknown while the tables are behind or hold events back: nothing is removed then',
  async (t) => {
    const { here, hasty, projected, runner } = world
    await here('company.register', { companyId: 'unknown', name: 'Acme' })
    await projected.pool.query(
      `insert into pharos_fleet_v2.parked (aggregate, from_position, cause, error) values ('evt.user.x', 1, 1, 'test')`,
    )
    t.like(await hasty('company.remove', { companyId: 'unknown' }), { status: 'unavailable' })
    await projected.pool.query('truncate pharos_fleet_v2.parked')
    await runner.stop()
    await here('company.change', { companyId: 'unknown', name: 'Acme Corporation' })
    t.like(await hasty('company.remove', { companyId: 'unknown' }), { status: 'unavailable' })
  },
)
