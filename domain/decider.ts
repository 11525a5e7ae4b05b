import type { Violation } from '../schemas/command.ts'

/** What a decision is made with besides state: all that is impure comes in as data. */
export interface DecisionContext {
  /** The instant of the decision, epoch milliseconds. */
  readonly at: number
  readonly actor: string
  /** May act on what others own. */
  readonly actsForOthers: boolean
  /** A fresh ULID, for an identity that the command creates. */
  readonly newId: string
  /** Revisions of the command's aggregates, in the order of their states. */
  readonly revisions: readonly number[]
  /** Of a command that removes its aggregate: the kinds of what refers to it still, `['devices']`. */
  readonly referrers?: readonly string[]
}

/** An expected "no". `forbidden` is about who asks; every other code is about what was asked. */
export interface Refusal {
  readonly kind: 'refuse'
  readonly code: string
  readonly message: string
  readonly violations: readonly Violation[]
}

export interface Acceptance<Event> {
  readonly kind: 'accept'
  /** At most one event for each of the command's aggregates, in their order; `undefined` leaves that one as it is. */
  readonly events: readonly (Event | undefined)[]
}

export type Decision<Event> = Acceptance<Event> | Refusal

/** Where, when and by whom an event was recorded: what a state may keep beside the event's own data. */
export interface Recorded {
  readonly sequence: number
  readonly time: string
  readonly actor: string
}

/** Pure rules of one kind of aggregate. `decide` sees the states of all aggregates that the command names, in order: those it changes, then those it refers to. */
export interface Decider<State, Command, Event> {
  readonly initialState: State
  evolve(state: State, event: Event, recorded: Recorded): State
  decide(command: Command, states: readonly State[], context: DecisionContext): Decision<Event>
}

export function accept<Event>(...events: readonly (Event | undefined)[]): Acceptance<Event> {
  return { kind: 'accept', events }
}

export function refuse(code: string, message: string, field?: string): Refusal {
  return { kind: 'refuse', code, message, violations: field === undefined ? [] : [{ field, message }] }
}
