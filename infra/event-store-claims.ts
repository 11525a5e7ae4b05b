import { commandDigest, messageId } from '../commands/idempotency.ts'
import type { EventStore, Write } from '../commands/event-store.ts'
import { EventStoreUnavailable } from '../commands/event-store.ts'
import { aliasIndex } from '../domain/alias-index/alias-index.ts'
import { indexSubject } from '../domain/alias-index/index-subject.ts'
import type { Claim, IndexClaims } from '../projections/alias-index/index-claims.ts'
import type { IndexScope } from '../schemas/alias-index.ts'
import { currentType } from '../schemas/events/current-version.ts'
import { readAliasIndexEvent } from '../schemas/events/read-alias-index-event.ts'
import { type ActorId, commandId, eventId } from '../schemas/ids.ts'

export interface ClaimPorts {
  readonly store: Pick<EventStore, 'append' | 'lastRevision' | 'readAll'>
  /** Epoch milliseconds. */
  readonly now: () => number
  /** A fresh ULID. */
  readonly newId: () => string
  /** CloudEvents source of the claims. */
  readonly source: string
}

/** Whom the log names for versions: nobody asked for them. */
const ACTOR = 'system:alias-index' as ActorId

/** Claims of index versions as events: the log's own concurrency check gives a version to one publisher only. */
export class EventStoreClaims implements IndexClaims {
  readonly #ports: ClaimPorts

  constructor(ports: ClaimPorts) {
    this.#ports = ports
  }

  async claim(
    scope: IndexScope,
    next: { readonly version: number; readonly position: number },
    last: Claim | undefined,
  ): Promise<Claim | undefined> {
    const state = last ?? aliasIndex.initialState
    const context = {
      at: this.#ports.now(),
      actor: ACTOR,
      actsForOthers: true,
      newId: this.#ports.newId(),
      revisions: [last?.revision ?? 0],
    }
    const decision = aliasIndex.decide({ type: 'index.publish', data: { scope, ...next } }, [state], context)
    if (decision.kind === 'refuse') throw new Error(`a version that cannot be claimed: ${decision.message}`)
    const event = decision.events[0]
    if (event === undefined) throw new Error('a claim without an event')
    const appended = await this.#ports.store.append([this.#write(scope, event.data, last?.revision ?? 0)])
    switch (appended.status) {
      case 'appended':
      case 'duplicate':
        return { ...next, revision: appended.revisions[0] ?? 0 }
      case 'conflict':
        return undefined
      case 'unavailable':
        throw new EventStoreUnavailable(appended.reason)
    }
  }

  async latest(scope: IndexScope, known: Claim | undefined): Promise<Claim | undefined> {
    const subject = indexSubject(scope)
    const untilSequence = await this.#ports.store.lastRevision(subject)
    let latest = known
    const fromSequence = (known?.revision ?? 0) + 1
    const signal = AbortSignal.timeout(READ_MS)
    const read = this.#ports.store.readAll({ fromSequence, untilSequence, subjects: [subject], signal })
    for await (const { sequence, envelope } of read) {
      const { version, position } = readAliasIndexEvent(envelope).data
      latest = { version, position, revision: sequence }
    }
    if ((latest?.revision ?? 0) < untilSequence) throw new EventStoreUnavailable(`${subject} was not read to its end`)
    return latest
  }

  #write(scope: IndexScope, data: object, expectedRevision: number): Write {
    const { newId, now, source } = this.#ports
    const subject = indexSubject(scope)
    const command = commandId.parse(newId())
    return {
      subject,
      expectedRevision,
      messageId: messageId(ACTOR, command, subject),
      envelope: {
        specversion: '1.0',
        id: eventId.parse(newId()),
        source,
        type: currentType('index.published'),
        subject,
        time: new Date(now()).toISOString(),
        datacontenttype: 'application/json',
        data: { ...data },
        actor: ACTOR,
        commandid: command,
        commanddigest: commandDigest('index.publish', data),
        commandindex: 0,
        commandcount: 1,
        correlationid: command,
        causationid: command,
      },
    }
  }
}

const READ_MS = 10_000
