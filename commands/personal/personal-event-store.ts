import { type Envelope, parseEventType, type RecordedEvent } from '../../schemas/envelope.ts'
import { personalFields } from '../../schemas/events/personal-fields.ts'
import type { AppendResult, Conditions, EventStore, Write } from '../event-store.ts'
import { EventStoreUnavailable } from '../event-store.ts'
import { openEvent } from './open-event.ts'
import type { StoredEvent } from '../../schemas/decode-stored-event.ts'
import type { StoredLog } from '../stored-log.ts'
import type { PersonKey } from './person-key.ts'
import type { PersonKeys } from './person-keys.ts'
import { sealEvent } from './seal-event.ts'
import { isSealed, type SealedEnvelope } from '../../schemas/sealed-envelope.ts'

/**
 * The same log, in which nothing personal stands in the clear. What is appended is sealed with the key of the person it is
 * about; what is read is opened, and says `erased` where that key was destroyed. Whoever reads the store beneath gets
 * events as they are stored, for which no key is needed.
 */
export class PersonalEventStore<Store extends EventStore = EventStore> implements EventStore {
  readonly #store: Store
  readonly #keys: PersonKeys

  constructor(store: Store, keys: PersonKeys) {
    this.#store = store
    this.#keys = keys
  }

  append(writes: readonly Write[], conditions?: Conditions): Promise<AppendResult> {
    const isAboutSomebody = writes.some(
      ({ envelope }) => personalFields(parseEventType(envelope.type).name) !== undefined,
    )
    return isAboutSomebody ? this.#appendSealed(writes, conditions) : this.#store.append(writes, conditions)
  }

  async #appendSealed(writes: readonly Write[], conditions?: Conditions): Promise<AppendResult> {
    const about = writes.map(({ envelope }) => this.#about(envelope))
    const somebody = about.find((one) => one !== undefined)?.person
    if (somebody === undefined) return this.#store.append(writes, conditions)
    try {
      const sealed: Write[] = []
      // One for each, whatever is forgotten meanwhile: all that is sealed of a person is found by what their own event says.
      const keys = new Map<string, PersonKey>()
      for (const [i, write] of writes.entries()) {
        // The other events of the command have its digest too, by which guesses could be checked.
        const { person, fields } = about[i] ?? { person: somebody, fields: [] }
        const isNew = about[i] !== undefined && write.expectedRevision === 0
        const key = keys.get(person) ?? (await this.#keys.ensure(person, isNew))
        if (key === undefined) return await this.#erased(person, writes)
        keys.set(person, key)
        sealed.push({ ...write, envelope: sealEvent(write.envelope, person, fields, key) })
      }
      return await this.#store.append(sealed, conditions)
    } catch (error) {
      if (error instanceof EventStoreUnavailable) return { status: 'unavailable', reason: error.message }
      throw error
    }
  }

  async readAggregate(...[subject]: Parameters<EventStore['readAggregate']>): Promise<readonly RecordedEvent[]> {
    const events = await this.#store.readAggregate(subject)
    return events.some(({ envelope }) => isSealed(envelope))
      ? Promise.all(events.map((one) => this.#open(one)))
      : events
  }

  /** No generator: most events are about nobody, and are handed on as they come. */
  readAll(options: Parameters<EventStore['readAll']>[0]): AsyncIterable<RecordedEvent> {
    const events = this.#store.readAll(options)
    const open = async (event: RecordedEvent): Promise<IteratorResult<RecordedEvent>> => ({
      done: false,
      value: await this.#open(event),
    })
    return {
      [Symbol.asyncIterator]() {
        const source = events[Symbol.asyncIterator]()
        const handOn = (result: IteratorResult<RecordedEvent>) => {
          if (result.done === true) return result
          return isSealed(result.value.envelope) ? open(result.value) : result
        }
        return {
          next: () => source.next().then(handOn),
          return: async () => (await source.return?.()) ?? { done: true, value: undefined },
        }
      },
    }
  }

  /** As {@link readAll}; the text of what was sealed is that of the opened event. See {@link StoredLog}. */
  async *readAllStored(
    this: PersonalEventStore<EventStore & StoredLog>,
    options: Parameters<EventStore['readAll']>[0],
  ): AsyncGenerator<readonly StoredEvent[], void> {
    for await (const events of this.#store.readAllStored(options)) {
      const opened: StoredEvent[] = []
      for (const event of events) {
        if (event.plain !== true && isSealed(event.envelope)) {
          const envelope = openEvent(event.envelope, await this.#keyOf(event.envelope))
          opened.push({ ...event, envelope, text: JSON.stringify(envelope) })
        } else opened.push(event)
      }
      yield opened
    }
  }

  lastRevision: EventStore['lastRevision'] = (subject) => this.#store.lastRevision(subject)
  lastGuard: EventStore['lastGuard'] = (subject) => this.#store.lastGuard(subject)
  head: EventStore['head'] = () => this.#store.head()

  async #open(event: RecordedEvent): Promise<RecordedEvent> {
    const { envelope } = event
    if (!isSealed(envelope)) return event
    return { ...event, envelope: openEvent(envelope, await this.#keyOf(envelope)) }
  }

  #keyOf({ person, personkey }: SealedEnvelope): PersonKey | null | undefined | Promise<PersonKey | undefined> {
    const known = this.#keys.peek(person, personkey)
    return known === undefined ? this.#keys.find(person, personkey) : known
  }

  /** Whom the event tells something of, and in which fields; `undefined` where its kind tells nothing of anybody. */
  #about({ type, data }: Envelope): { readonly person: string; readonly fields: readonly string[] } | undefined {
    const personal = personalFields(parseEventType(type).name)
    if (personal === undefined) return undefined
    const person = data[personal.person]
    if (typeof person !== 'string' || person === '')
      throw new RangeError(`${type} names no person in ${personal.person}`)
    return { person, fields: personal.fields }
  }

  /**
   * The person was erased, and the sender does not know it yet: it decided on what it remembers, or the erasure of a lost
   * log was repeated in this one and its event is still to come.
   */
  async #erased(person: string, writes: readonly Write[]): Promise<AppendResult> {
    for (const { subject, expectedRevision: expected } of writes) {
      const actual = await this.#store.lastRevision(subject)
      if (actual !== expected) return { status: 'conflict', subject, expected, actual }
    }
    return { status: 'unavailable', reason: `person ${person} was erased, and nothing can be stored of them` }
  }
}
