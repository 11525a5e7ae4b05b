import type { z } from 'zod'
import type { Decider } from '../domain/decider.ts'
import type { CommandRequest, CommandResult } from '../schemas/command.ts'
import type { Envelope } from '../schemas/envelope.ts'
import type { AggregateSubject } from '../schemas/subjects.ts'
import type { Permission } from './access-policy.ts'
import type { ArrivedCommand } from './arrived-command.ts'

/** A command whose envelope is well formed, on its way to its handler. */
export interface Invocation extends Omit<ArrivedCommand, 'body'> {
  readonly request: CommandRequest
  /** What tells this command's data from any other under the same id, where the giver knows it already. */
  readonly digest?: string
  /** The data is what the command's schema makes of it: the giver is code of ours that has checked all that is in it. */
  readonly isChecked?: true
}

/** Handles all commands of one kind of aggregate. */
export interface CommandHandler {
  /** What senders may send; without what is internal. */
  readonly types: readonly string[]
  handle(invocation: Invocation): Promise<CommandResult>
}

/** How one command is read: the shape of its data, the aggregates that it names, what it needs to be allowed. */
export interface CommandDefinition<Data, State = unknown> {
  readonly data: z.ZodType<Data>
  /** Distinct; the first is the one that `expectedRevision` and `revision` speak of. */
  aggregates(data: Data): readonly AggregateSubject[]
  /** More aggregates that it changes, which the first one's state tells; their states follow those of `aggregates`. */
  related?(data: Data, state: State): readonly AggregateSubject[]
  /**
   * Aggregates that the decision rests on and leaves as they are: its events are stored only if those stand as they
   * stood. Their states come last. Distinct, and none that it changes.
   */
  references?(data: Data): readonly AggregateSubject[]
  /**
   * It removes its first aggregate: what refers to that is looked up for the decision, and its events are stored only
   * if nothing else has referred to it meanwhile.
   */
  readonly removes?: true
  /** All that it needs to be allowed. */
  permission(data: Data): Permission | readonly Permission[]
  /** Given by code that holds the handler, and by no sender: no gateway knows of it. */
  readonly internal?: true
}

interface Message {
  readonly type: string
  readonly data: object
}

/** One kind of aggregate: its rules and how its commands and events are read. */
export interface AggregateDefinition<State, Command extends Message, Event extends Message> {
  readonly decider: Decider<State, Command, Event>
  readonly commands: {
    readonly [T in Command['type']]: CommandDefinition<Extract<Command, { type: T }>['data'], State>
  }
  /** The event in an envelope, checked and upcast to the version that the rules know. */
  readEvent(envelope: Envelope): Event
  /** Version that events of this name are written in. */
  versionOf(eventName: Event['type']): number
}
