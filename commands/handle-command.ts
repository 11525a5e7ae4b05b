import type { Decision } from '../domain/decider.ts'
import type { Actor } from '../schemas/actor.ts'
import type { CommandResult } from '../schemas/command.ts'
import type { RecordedEvent } from '../schemas/envelope.ts'
import { ERASED } from '../schemas/personal.ts'
import { quickParse } from '../schemas/quick-parse.ts'
import { UnknownEventError } from '../schemas/events/unknown-event.ts'
import { type Epoch, formatPosition } from '../schemas/position.ts'
import type { AggregateSubject } from '../schemas/subjects.ts'
import type { AccessPolicy, Permission } from './access-policy.ts'
import { AggregateCache, type Loaded } from './aggregate-cache.ts'
import type { AggregateDefinition, CommandDefinition, CommandHandler, Invocation } from './command-handler.ts'
import { type EventStore, EventStoreUnavailable, type Seal } from './event-store.ts'
import { firstResult } from './first-result.ts'
import { commandDigest, recall } from './idempotency.ts'
import { type Referrers, ReferrersUnknown } from './referrers.ts'
import { Turnstile } from './turnstile.ts'
import { violationsOf } from './violations.ts'
import { type Identified, recordedEvents, summaries, writesOf } from './writes.ts'

export interface CommandHandlerPorts {
  readonly store: EventStore
  readonly policy: AccessPolicy
  /** Epoch milliseconds. */
  readonly now: () => number
  /** A fresh ULID. */
  readonly newId: () => string
  readonly epoch: Epoch
  /** CloudEvents source of the events made here. */
  readonly source: string
  /** For commands that remove what others may refer to. */
  readonly referrers?: Referrers
  /** So many aggregates are kept in memory at least, those used last; and fewer than twice as many. No command may have more. */
  readonly cacheSize?: number
}

/** A conflict is decided anew this often before the sender is told of it; a confirmation that finds news counts as one. */
const TRIES = 4
const NONE: readonly AggregateSubject[] = []

type Message = { readonly type: string; readonly data: Readonly<Record<string, unknown>> }

/** authorize → validate → load → decide → append, for every command of one kind of aggregate. */
export function commandHandler<State, Command extends Message, Event extends Message>(
  definition: AggregateDefinition<State, Command, Event>,
  ports: CommandHandlerPorts,
): CommandHandler {
  const cache = new AggregateCache(definition, ports.store, ports.cacheSize ?? 50_000)
  const turns = new Turnstile()
  const types = (Object.keys(definition.commands) as Command['type'][]).filter(
    (type) => definition.commands[type].internal !== true,
  )

  return {
    types,
    async handle(invocation) {
      const read = identify(invocation)
      if ('status' in read) return read
      const turn = turns.enter(read.subjects)
      try {
        if (turn.begins !== undefined) await turn.begins
        return await settle(read)
      } catch (error) {
        const passes = [EventStoreUnavailable, ReferrersUnknown, UnknownEventError]
        if (error instanceof Error && passes.some((kind) => error instanceof kind)) return unavailable(error.message)
        throw error
      } finally {
        turns.leave(turn)
      }
    },
  }

  function identify(invocation: Invocation): Identified<Command> | CommandResult {
    const type = invocation.type as Command['type']
    const shape = shapeOf(type)
    const { data: sent } = invocation.request
    const data =
      invocation.isChecked === true
        ? { success: true as const, data: sent as Command['data'] }
        : quickParse(shape.data, sent)
    if (!data.success) return invalid(violationsOf(data.error, 'data'))
    if (!isAllowed(invocation.actor, shape.permission(data.data)))
      return { status: 'forbidden', message: `${invocation.actor.id} may not send ${type} here` }
    return {
      invocation,
      command: { type, data: data.data } as Command,
      subjects: shape.aggregates(data.data),
      digest: invocation.digest ?? commandDigest(type, invocation.request.data),
    }
  }

  async function settle(identified: Identified<Command>): Promise<CommandResult> {
    const { invocation, command, digest } = identified
    const { commandId, expectedRevision, dryRun } = invocation.request
    const shape = shapeOf(command.type)
    const principal = identified.subjects[0] as AggregateSubject
    const references = shape.references?.(command.data) ?? NONE
    // What was read here a moment ago: after a lost acknowledgement a thousand aggregates are not read twice.
    let read: ReadonlyMap<AggregateSubject, readonly RecordedEvent[]> | undefined
    for (let tries = 0; tries < TRIES; tries++) {
      const related = shape.related?.(command.data, cache.peek(principal).state) ?? NONE
      const changed = [...identified.subjects, ...related]
      const subjects = [...changed, ...references]
      const loaded = subjects.map((subject) => cache.peek(subject))
      const earlier = recall(loaded, invocation.actor.id, commandId)
      if (earlier !== undefined) {
        // Of who was erased, what the command said is known to nobody: it was sent before, and stays done.
        if (earlier.digest !== digest && earlier.digest !== ERASED) return reused
        const historyOf = async (subject: AggregateSubject) => read?.get(subject) ?? ports.store.readAggregate(subject)
        return firstResult(historyOf, ports.epoch, { commandId, actor: invocation.actor.id, subjects })
      }
      const revision = loaded[0]?.revision ?? 0
      const stale = expectedRevision !== undefined && expectedRevision !== revision
      const at = ports.now()
      const removal = shape.removes === true && !stale ? await sealOf(principal) : undefined
      const decision = stale ? undefined : decide(identified, loaded, at, removal?.referrers)
      const decided = decision?.kind === 'accept' && dryRun !== true ? decision.events : []
      const writes = writesOf(definition, ports, { ...identified, subjects: changed }, decided, loaded, at)
      if (writes.length === 0) {
        if (!(await cache.confirm(subjects))) continue
        if (decision === undefined) return conflict(expectedRevision ?? 0, revision)
        return unwritten({ ...identified, subjects }, decision, loaded)
      }
      // The append proves what it writes and what it refers to; that the others need no change rests on what is known.
      const untouched = writes.length < changed.length ? changed.filter((_, i) => decided[i] === undefined) : []
      if (untouched.length > 0 && !(await cache.confirm(untouched))) continue
      const appended = await ports.store.append(writes, {
        guards: references.map((subject, i) => ({
          subject,
          expectedRevision: loaded[changed.length + i]?.revision ?? 0,
        })),
        seals: removal === undefined ? [] : [removal.seal],
      })
      switch (appended.status) {
        case 'appended': {
          const events = recordedEvents(writes, appended.revisions)
          takeIn(events, decided, loaded)
          return accepted(
            commandId,
            events.at(-1)?.sequence ?? revision,
            events.find(({ subject }) => subject === principal)?.sequence ?? revision,
            summaries(events),
          )
        }
        case 'unavailable':
          return unavailable(appended.reason)
        case 'duplicate':
        case 'conflict':
          read = new Map(await Promise.all(subjects.map(async (one) => [one, await cache.reload(one)] as const)))
          if (appended.status === 'conflict' && tries === TRIES - 1) return conflict(appended.expected, appended.actual)
      }
    }
    return unavailable('the aggregate is changing faster than this command can follow; send it again')
  }

  function isAllowed(actor: Actor, asked: Permission | readonly Permission[]): boolean {
    if ('action' in asked) return ports.policy.allows(actor, asked)
    return asked.every((one) => ports.policy.allows(actor, one))
  }

  function shapeOf(type: Command['type']): CommandDefinition<Command['data'], State> {
    return definition.commands[type]
  }

  /** In this order: whoever refers to it after the look is told by the seal. */
  async function sealOf(subject: AggregateSubject): Promise<{ seal: Seal; referrers: readonly string[] }> {
    if (ports.referrers === undefined)
      throw new Error(`${subject} cannot be removed by who does not know its referrers`)
    const lastGuard = await ports.store.lastGuard(subject)
    const { sequence } = await ports.store.head()
    return { seal: { subject, lastGuard }, referrers: await ports.referrers.of(subject, sequence) }
  }

  /** `recorded` holds what was decided, without the gaps: `decided[i]` is for `loaded[i]`. */
  function takeIn(
    recorded: ReturnType<typeof recordedEvents>,
    decided: readonly (Event | undefined)[],
    loaded: readonly Loaded<State>[],
  ): void {
    let next = 0
    for (const [i, event] of decided.entries()) {
      const [before, written] = [loaded[i], event === undefined ? undefined : recorded[next++]]
      if (event !== undefined && before !== undefined && written !== undefined) cache.advance(before, written, event)
    }
  }

  function decide(
    { invocation, command }: Identified<Command>,
    loaded: readonly Loaded<State>[],
    at: number,
    referrers: readonly string[] | undefined,
  ): Decision<Event> {
    const states = loaded.map(({ state }) => state)
    const actsForOthers = ports.policy.actsForOthers(invocation.actor)
    return definition.decider.decide(command, states, {
      at,
      actor: invocation.actor.id,
      actsForOthers,
      newId: ports.newId(),
      revisions: loaded.map(({ revision }) => revision),
      ...(referrers === undefined ? {} : { referrers }),
    })
  }

  function unwritten(
    { invocation, subjects }: Identified<Command>,
    decision: Decision<Event>,
    loaded: readonly Loaded<State>[],
  ): CommandResult {
    if (decision.kind === 'refuse') {
      if (decision.code === 'forbidden') return { status: 'forbidden', message: decision.message }
      return {
        status: 'rejected',
        code: decision.code,
        message: decision.message,
        violations: decision.violations.map(inData),
      }
    }
    const events = decision.events.flatMap((event, i) =>
      event === undefined
        ? []
        : [
            {
              type: event.type,
              subject: String(subjects[i]),
              revision: loaded[i]?.revision ?? 0,
              data: { ...event.data },
            },
          ],
    )
    const result = accepted(
      invocation.request.commandId,
      Math.max(...loaded.map((one) => one.revision)),
      loaded[0]?.revision ?? 0,
      events,
    )
    return invocation.request.dryRun === true ? { ...result, dryRun: true } : result
  }

  function accepted(
    commandId: Accepted['commandId'],
    sequence: number,
    revision: number,
    events: Accepted['events'],
  ): Accepted {
    return {
      status: 'accepted',
      commandId,
      position: formatPosition({ epoch: ports.epoch, sequence }),
      revision,
      events,
    }
  }
}

type Accepted = Extract<CommandResult, { status: 'accepted' }>

const reused: CommandResult = {
  status: 'rejected',
  code: 'command_id_reused',
  message: 'this command id was used for another command; take a new one',
  violations: [{ field: 'commandId', message: 'must be a new ULID for a new command' }],
}

function inData(violation: { field: string; message: string }): { field: string; message: string } {
  return { field: `data.${violation.field}`, message: violation.message }
}

function invalid(violations: ReturnType<typeof violationsOf>): CommandResult {
  return { status: 'rejected', code: 'invalid_data', message: 'the data of the command is not valid', violations }
}

function conflict(expected: number, actual: number): CommandResult {
  return { status: 'conflict', message: `expected revision ${expected}, but it is ${actual}`, expected, actual }
}

function unavailable(message: string): CommandResult {
  return { status: 'unavailable', message }
}
