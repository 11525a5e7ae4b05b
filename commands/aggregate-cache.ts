import type { Recorded } from '../domain/decider.ts'
import type { RecordedEvent } from '../schemas/envelope.ts'
import type { Revision } from '../schemas/position.ts'
import type { AggregateSubject } from '../schemas/subjects.ts'
import type { AggregateDefinition } from './command-handler.ts'
import type { EventStore } from './event-store.ts'
import { type RememberedCommand, remember } from './idempotency.ts'
import { LastUsed } from './last-used.ts'

/** An aggregate as of a revision. */
export interface Loaded<State> {
  readonly state: State
  readonly revision: Revision
  readonly commands: readonly RememberedCommand[]
}

type Message = { readonly type: string; readonly data: object }

/**
 * Aggregates as this process last knew them. An aggregate that is not here is taken to be new: the cache may support an
 * acceptance only, which the append then proves with the expected revision. Whoever wants to answer anything else asks
 * {@link confirm} first. So a command on a new aggregate costs no read, and a stale cache never answers anybody.
 */
export class AggregateCache<State, Command extends Message, Event extends Message> {
  readonly #definition: Pick<AggregateDefinition<State, Command, Event>, 'decider' | 'readEvent'>
  readonly #store: Pick<EventStore, 'readAggregate' | 'lastRevision'>
  readonly #known: LastUsed<AggregateSubject, Loaded<State>>
  readonly #unknown: Loaded<State>

  constructor(
    definition: Pick<AggregateDefinition<State, Command, Event>, 'decider' | 'readEvent'>,
    store: Pick<EventStore, 'readAggregate' | 'lastRevision'>,
    least: number,
  ) {
    this.#definition = definition
    this.#store = store
    this.#known = new LastUsed(least)
    this.#unknown = { state: definition.decider.initialState, revision: 0, commands: [] }
  }

  /** As last known; never asks the log. */
  peek(subject: AggregateSubject): Loaded<State> {
    return this.#known.get(subject) ?? this.#unknown
  }

  /** True when the log's leader still has every aggregate at the revision known here; the others are read anew. */
  async confirm(subjects: readonly AggregateSubject[]): Promise<boolean> {
    const current = await Promise.all(
      subjects.map(async (subject) => {
        if ((await this.#store.lastRevision(subject)) === this.peek(subject).revision) return true
        await this.reload(subject)
        return false
      }),
    )
    return current.every(Boolean)
  }

  /** Reads the aggregate anew. @returns all its events. */
  async reload(subject: AggregateSubject): Promise<readonly RecordedEvent[]> {
    const events = await this.#store.readAggregate(subject)
    this.#known.set(
      subject,
      events.reduce(
        (loaded, event) => this.#evolve(loaded, event, this.#definition.readEvent(event.envelope)),
        this.#unknown,
      ),
    )
    return events
  }

  /**
   * Takes in an event that this process has just decided on `loaded` and appended to it. What is known by now does not
   * count: under pressure the cache may have let go of it.
   */
  advance(loaded: Loaded<State>, recorded: RecordedEvent & { readonly subject: AggregateSubject }, event: Event): void {
    this.#known.set(recorded.subject, this.#evolve(loaded, recorded, event))
  }

  #evolve(loaded: Loaded<State>, written: RecordedEvent, event: Event): Loaded<State> {
    const { sequence, envelope } = written
    const recorded: Recorded = { sequence, time: envelope.time, actor: envelope.actor }
    return {
      state: this.#definition.decider.evolve(loaded.state, event, recorded),
      revision: sequence,
      commands: remember(loaded.commands, written),
    }
  }
}
