import fc from 'fast-check'
import { fleet } from '../../commands/fleet/fleet.ts'
import type { CommandDefinition } from '../../commands/command-handler.ts'
import type { FleetState } from '../../domain/fleet/fleet.ts'
import { type FleetCommand, fleetCommandData } from '../../schemas/commands/fleet.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { FleetEvent } from '../../schemas/events/fleet.ts'
import type { AggregateSubject } from '../../schemas/subjects.ts'
import { envelopeOf, ulid } from '../projections/alias-events.ts'

const START = Date.parse('2026-03-01T12:00:00.000Z')

/** Everything that stands in a fleet, as the rules left it: by kind, each with its id and its place in time. */
export interface Standing {
  readonly kind: string
  readonly id: string
  readonly state: FleetState
  readonly createdAt: number
  /** Of the last event that changed its own row, links aside. */
  readonly updatedAt: number
}

/** A log that the rules of the fleet themselves have made of commands. */
export class FleetLog {
  readonly events: RecordedEvent[] = []
  readonly #things = new Map<AggregateSubject, Standing>()

  /** All that is registered; devices also when they are decommissioned. */
  get things(): readonly Standing[] {
    return [...this.#things.values()].filter(({ state }) => ['registered', 'decommissioned'].includes(state.status))
  }

  /** Carries the command out, if the rules accept it. Returns what was refused. */
  send(command: FleetCommand): string | undefined {
    const shape = fleet.commands[command.type] as CommandDefinition<FleetCommand['data'], FleetState>
    const own = shape.aggregates(command.data)
    const first = own[0] as AggregateSubject
    const changed = [...own, ...(shape.related?.(command.data, this.stateOf(first)) ?? [])]
    const states = [...changed, ...(shape.references?.(command.data) ?? [])].map((subject) => this.stateOf(subject))
    const decision = fleet.decider.decide(command, states, {
      at: START + this.events.length + 1,
      actor: 'alice',
      actsForOthers: true,
      newId: ulid(this.events.length + 1),
      revisions: [],
      ...(shape.removes === true ? { referrers: this.referrersOf(first) } : {}),
    })
    if (decision.kind === 'refuse') return decision.code
    const written = decision.events.flatMap((event, i) => {
      const subject = changed[i]
      return event && subject ? [{ event, subject }] : []
    })
    for (const [index, { event, subject }] of written.entries()) this.#record(event, subject, index, written.length)
    return undefined
  }

  stateOf(subject: AggregateSubject): FleetState {
    return this.#things.get(subject)?.state ?? fleet.decider.initialState
  }

  /** The kinds of what belongs to a company or stands at a location. */
  referrersOf(subject: AggregateSubject): readonly string[] {
    const [, kind = '', id = ''] = subject.split('.')
    return [
      ...new Set(
        this.things.filter(({ state }) => Reflect.get(state, `${kind}Id`) === id).map((thing) => `${thing.kind}s`),
      ),
    ]
  }

  #record(event: FleetEvent, subject: AggregateSubject, index: number, count: number): void {
    const sequence = this.events.length + 1
    const envelope = envelopeOf(event, { n: sequence, subject, index, count })
    this.events.push({ sequence, subject, envelope })
    const before = this.#things.get(subject)
    const [, kind = '', id = ''] = subject.split('.')
    const state = fleet.decider.evolve(this.stateOf(subject), event, {
      sequence,
      time: envelope.time,
      actor: envelope.actor,
    })
    this.#things.set(subject, {
      kind,
      id,
      state,
      createdAt: event.type.endsWith('.registered') ? sequence : (before?.createdAt ?? sequence),
      updatedAt: event.type.includes('.group-') ? (before?.updatedAt ?? sequence) : sequence,
    })
  }
}

const companyId = fc.constantFrom('acme', 'bolt')
const locationId = fc.constantFrom('l1', 'l2', 'l3')
const groupId = fc.constantFrom('g1', 'g2', 'g3')
const userId = fc.constantFrom('u1', 'u2', 'u3', 'u4')
const areaId = fc.constantFrom('a1', 'a2', 'a3')
const deviceId = fc.constantFrom('d1', 'd2', 'd3')
const mac = fc.constantFrom('48:b0:2d:e9:c3:b1', '48-B0-2D-E9-C3-B2', '48b0.2de9.c3b3', '48B02DE9C3B4')
const name = fc.constantFrom('Ann', 'Bob', 'Straße', 'tab\tsep', 'back\\slash', '𝒜')
const text = fc.option(fc.constantFrom('one', 'two', '\\N'))
const degrees = fc.option(fc.constantFrom('47.60', 12.5, '-0.000001'))

const inputs = {
  'company.register': { companyId, name },
  'company.change': { companyId, name },
  'company.remove': { companyId },
  'location.register': { locationId, companyId, name, address: text, latitude: degrees, longitude: degrees },
  'location.change': { locationId, name, address: text, latitude: degrees },
  'location.remove': { locationId },
  'location.link-group': { locationId, groupId },
  'location.unlink-group': { locationId, groupId },
  'group.register': { groupId, companyId, name, description: text },
  'group.change': { groupId, name, description: text },
  'group.remove': { groupId },
  'user.register': { userId, companyId, name },
  'user.change': { userId, name },
  'user.link-group': { userId, groupId },
  'user.unlink-group': { userId, groupId },
  'user.remove': { userId },
  'user.erase': { userId },
  'area.register': { areaId, locationId, name, description: text },
  'area.change': { areaId, name, description: text },
  'area.remove': { areaId },
  'device.register': { deviceId, mac, locationId: fc.option(locationId), name: fc.option(name), model: text },
  'device.change': { deviceId, name: fc.option(name), model: text },
  'device.replace-mac': { deviceId, previousMac: mac, mac },
  'device.assign': { deviceId, locationId },
  'device.move': { deviceId, locationId },
  'device.unassign': { deviceId },
  'device.decommission': { deviceId },
} satisfies Record<FleetCommand['type'], Record<string, fc.Arbitrary<unknown>>>

/** How often each is drawn: what builds a fleet more often than what takes it down, or nothing would ever stand. */
const weights: Partial<Record<string, number>> = {
  register: 6,
  'link-group': 8,
  assign: 3,
  'unlink-group': 6,
  change: 2,
}

/** A command about few things, so that they meet; its data as its schema makes it of what a sender writes. */
const fleetCommand: fc.Arbitrary<FleetCommand> = fc.oneof(
  ...Object.entries(inputs).map(([type, data]) => ({
    weight: weights[type.slice(type.indexOf('.') + 1)] ?? 1,
    arbitrary: fc
      .record(data as Record<string, fc.Arbitrary<unknown>>)
      .map(
        (input) =>
          ({ type, data: fleetCommandData[type as FleetCommand['type']].parse(input) }) as unknown as FleetCommand,
      ),
  })),
)

const command = (type: FleetCommand['type'], data: object): FleetCommand =>
  ({ type, data: fleetCommandData[type].parse(data) }) as FleetCommand

/** Two companies, and who is where in them. */
const FOUNDING: readonly FleetCommand[] = [
  ...['acme', 'bolt'].map((id) => command('company.register', { companyId: id, name: id })),
  ...['l1 acme', 'l2 acme', 'l3 bolt'].map((of) => {
    const [id, owner] = of.split(' ')
    return command('location.register', { locationId: id, companyId: owner, name: of })
  }),
  ...['g1 acme', 'g2 acme', 'g3 bolt'].map((of) => {
    const [id, owner] = of.split(' ')
    return command('group.register', { groupId: id, companyId: owner, name: of })
  }),
  ...['u1 acme', 'u2 acme', 'u3 acme', 'u4 bolt'].map((of) => {
    const [id, owner] = of.split(' ')
    return command('user.register', { userId: id, companyId: owner, name: of, email: `${id}@example.com` })
  }),
  ...['l1 g1', 'l2 g1', 'l2 g2', 'l3 g3'].map((of) => {
    const [id, linked] = of.split(' ')
    return command('location.link-group', { locationId: id, groupId: linked })
  }),
  ...['u1 g1', 'u2 g1', 'u2 g2', 'u4 g3'].map((of) => {
    const [id, linked] = of.split(' ')
    return command('user.link-group', { userId: id, groupId: linked })
  }),
  command('area.register', { areaId: 'a1', locationId: 'l1', name: 'Dock' }),
  command('device.register', { deviceId: 'd1', mac: '48:b0:2d:e9:c3:b1', locationId: 'l1' }),
  command('device.register', { deviceId: 'd2', mac: '48:b0:2d:e9:c3:b2', locationId: 'l3' }),
]

/** The life of a fleet: most of its founding, and then what comes. */
export const fleetCommands: fc.Arbitrary<readonly FleetCommand[]> = fc
  .tuple(fc.subarray([...FOUNDING], { minLength: FOUNDING.length - 5 }), fc.array(fleetCommand, { maxLength: 60 }))
  .map(([founding, after]) => [...founding, ...after])
