import fc from 'fast-check'
import { alias, type AliasState, slotsOf } from '../../domain/alias/alias.ts'
import { slotSubject } from '../../domain/alias/slot.ts'
import type { Envelope, RecordedEvent } from '../../schemas/envelope.ts'
import type { AliasCommand, AliasOperation, AliasSetOperation } from '../../schemas/commands/alias.ts'
import type { AliasEvent } from '../../schemas/events/alias.ts'
import type { ActorId, AliasId, ChannelId, CommandId, EventId } from '../../schemas/ids.ts'
import type { Epoch } from '../../schemas/position.ts'
import type { Scope } from '../../schemas/scope.ts'
import type { AggregateSubject } from '../../schemas/subjects.ts'

export const EPOCH = '01J00000000000000000000000' as Epoch
export const LATER_EPOCH = '01K00000000000000000000000' as Epoch
export const GLOBAL_SCOPE: Scope = { kind: 'global' }
const START = Date.parse('2026-03-01T12:00:00.000Z')

/** A ULID that counts. */
export function ulid(n: number): string {
  return `01J${n.toString().padStart(23, '0')}`
}

export function channel(n: number): ChannelId {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}` as ChannelId
}

/** An envelope as the command path writes it. */
export function envelopeOf(
  event: { readonly type: string; readonly data: object },
  options: {
    readonly n: number
    readonly subject: string
    readonly index?: number
    readonly count?: number
    readonly version?: number
  },
): Envelope {
  return {
    specversion: '1.0',
    id: ulid(options.n) as EventId,
    source: 'pharos',
    type: `pharos.${event.type}.v${options.version ?? 1}`,
    subject: options.subject,
    time: new Date(START + options.n).toISOString(),
    datacontenttype: 'application/json',
    data: { ...event.data },
    actor: 'alice' as ActorId,
    commandid: ulid(options.n - (options.index ?? 0)) as CommandId,
    commanddigest: 'a'.repeat(64),
    commandindex: options.index ?? 0,
    commandcount: options.count ?? 1,
    correlationid: ulid(options.n),
    causationid: ulid(options.n),
  }
}

export function registered(
  n: number,
  scope: Scope,
  name: string,
  more: Partial<Extract<AliasEvent, { type: 'alias.registered' }>['data']> = {},
): Extract<AliasEvent, { type: 'alias.registered' }> {
  const target = { kind: 'channel', channelId: channel(n) } as const
  const rest = { owner: 'alice', description: null, metadata: {}, enabled: true, expiresAt: null }
  return { type: 'alias.registered', data: { aliasId: ulid(n) as AliasId, scope, name, target, ...rest, ...more } }
}

/** A log that the rules themselves have made of commands, and the state of each slot that they left. */
export class AliasLog {
  readonly events: RecordedEvent[] = []
  readonly states = new Map<AggregateSubject, AliasState>()

  /** Carries the command out, if the rules accept it. */
  send(command: AliasCommand): boolean {
    const subjects = slotsOf(command)
    const at = START + this.events.length + 1
    const states = subjects.map((subject) => this.states.get(subject) ?? alias.initialState)
    const newId = ulid(this.events.length + 1)
    const revisions = subjects.map(
      (subject) => this.events.findLast((event) => event.subject === subject)?.sequence ?? 0,
    )
    const decision = alias.decide(command, states, { at, actor: 'alice', actsForOthers: true, newId, revisions })
    if (decision.kind === 'refuse') return false
    const changes = decision.events.flatMap((event, i) => {
      const subject = subjects[i]
      return event && subject ? [{ event, subject }] : []
    })
    for (const [index, { event, subject }] of changes.entries()) this.record(event, subject, index, changes.length)
    return true
  }

  record(
    event: AliasEvent,
    subject = slotSubject(event.data.scope, event.data.name),
    index = 0,
    count = 1,
  ): RecordedEvent {
    const sequence = this.events.length + 1
    const envelope = envelopeOf(event, { n: sequence, subject, index, count })
    const recorded = { sequence, subject, envelope }
    this.events.push(recorded)
    const meta = { sequence, time: envelope.time, actor: envelope.actor }
    this.states.set(subject, alias.evolve(this.states.get(subject) ?? alias.initialState, event, meta))
    return recorded
  }
}

const scopes: readonly Scope[] = [
  GLOBAL_SCOPE,
  { kind: 'site', site: 'KSEA' },
  { kind: 'node', site: 'KSEA', node: 'gate 4' },
  { kind: 'context', context: 'frontend' },
]
/** The last three are three names of one look. */
const names = ['Main', 'main', 'Straße', 'STRASSE', 'a.b', 'tab\\n', 'po', '\u0420\u041e', '\u03c1\u03bf']

const scope = fc.constantFrom(...scopes)
const name = fc.constantFrom(...names)
const slot = { scope, name }
const target = fc.oneof(
  fc.integer({ min: 1, max: 4 }).map((n) => ({ kind: 'channel' as const, channelId: channel(n) })),
  fc.integer({ min: 1, max: 3 }).map((n) => ({ kind: 'endpoint' as const, url: `https://example.com/${n}` })),
)
const text = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((of) => !of.includes('\u0000'))
/** JSON from outside never has the key that objects treat as no other. */
const key = text.filter((of) => of !== '__proto__')
const json = fc.dictionary(
  key,
  fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)),
  { maxKeys: 3 },
)
const expiry = fc.option(fc.integer({ min: 1, max: 40 }).map((ms) => new Date(START + ms).toISOString()))

/** Operations on few slots, so that they meet: most are about what others did. */
export const aliasOperation: fc.Arbitrary<AliasOperation> = fc.oneof(
  fc
    .record({ ...slot, target, description: fc.option(text), metadata: json, enabled: fc.boolean(), expiresAt: expiry })
    .map((data) => ({ type: 'alias.register' as const, data })),
  fc.record({ ...slot, target }).map((data) => ({ type: 'alias.retarget' as const, data })),
  fc.record({ ...slot, newName: name }).map((data) => ({ type: 'alias.rename' as const, data })),
  fc
    .record({ ...slot, description: fc.option(text), metadata: json })
    .map((data) => ({ type: 'alias.describe' as const, data })),
  fc.record(slot).map((data) => ({ type: 'alias.enable' as const, data })),
  fc.record(slot).map((data) => ({ type: 'alias.disable' as const, data })),
  fc.record({ ...slot, expiresAt: expiry }).map((data) => ({ type: 'alias.set-expiry' as const, data })),
  fc
    .record({ ...slot, owner: fc.constantFrom('alice', 'bob') })
    .map((data) => ({ type: 'alias.transfer-ownership' as const, data })),
  fc.record(slot).map((data) => ({ type: 'alias.remove' as const, data })),
)

/** Several at once, as one command. */
export const aliasChangeSet: fc.Arbitrary<Extract<AliasCommand, { type: 'alias.apply-change-set' }>> = fc
  .array(aliasOperation, { minLength: 1, maxLength: 6 })
  .map((operations) => ({
    type: 'alias.apply-change-set' as const,
    data: {
      operations: operations.map(
        ({ type, data }) => ({ ...data, op: type.slice('alias.'.length) }) as AliasSetOperation,
      ),
      onConflict: 'refuse' as const,
    },
  }))

export const aliasCommand: fc.Arbitrary<AliasCommand> = fc.oneof(
  { weight: 3, arbitrary: aliasOperation },
  { weight: 1, arbitrary: aliasChangeSet },
  // Of few slots some have just expired.
  { weight: 1, arbitrary: fc.record(slot).map((data) => ({ type: 'alias.expire' as const, data })) },
)
