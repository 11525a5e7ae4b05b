import { ulid } from 'ulid'
import type { Pharos } from '../../gateways/client/index.ts'
import type { CommandResult } from '../../schemas/command.ts'

/** A command as it was sent: kept, so that it can be sent again. */
export interface SentCommand {
  readonly commandId: string
  readonly type: string
  readonly data: object
}

/** What a sender knows: what it sent, and what it was told. */
export interface Told {
  readonly sent: SentCommand
  readonly result: CommandResult
}

/** Senders at once. */
const SENDERS = 24
/** Every so many commands, one goes to a place where others are at work too. */
const CONTENDED_EVERY = 8
/** An aggregate remembers its last 64 commands; with so few on each place, a retry at the end is still remembered. */
const CONTENDED_PLACES = 40

/**
 * Load that writes down what it was told. Most commands register a name of their own; some register, rename (two
 * aggregates in one atomic batch), retarget and remove names that others change at the same time.
 */
export class CommandLoad {
  readonly told: Told[] = []
  readonly #client: Pharos
  readonly #random: () => number
  readonly #senders: Promise<void>[] = []
  #sent = 0

  constructor(client: Pharos, random: () => number) {
    this.#client = client
    this.#random = random
  }

  /** How many commands were answered so far. */
  get answered(): number {
    return this.told.length
  }

  /** Sends until `signal` aborts; what is under way by then is sent again until it is answered, by whatever process. */
  run(signal: AbortSignal): void {
    for (let sender = 0; sender < SENDERS; sender++) this.#senders.push(this.#send(signal))
  }

  /** Resolves when every command that was ever sent is answered. */
  async settled(): Promise<void> {
    await Promise.all(this.#senders)
  }

  async #send(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const sent = this.#next()
      const result = await this.#client.send(sent.type, sent.data, { commandId: sent.commandId })
      this.told.push({ sent, result })
    }
  }

  #next(): SentCommand {
    const number = this.#sent++
    const commandId = ulid()
    const target = { kind: 'endpoint', url: `https://example.com/${commandId}` }
    if (number % CONTENDED_EVERY !== 0) {
      const scope = { kind: 'site', site: `s${number % 7}` }
      return { commandId, type: 'alias.register', data: { scope, name: `own_${number}`, target } }
    }
    const scope = { kind: 'context', context: 'contended' }
    const place = Math.floor(this.#random() * CONTENDED_PLACES)
    const slot = { scope, name: `place_${place}` }
    const kind = this.#random()
    if (kind < 0.4) return { commandId, type: 'alias.register', data: { ...slot, target } }
    if (kind < 0.7)
      return { commandId, type: 'alias.rename', data: { ...slot, newName: `place_${(place + 1) % CONTENDED_PLACES}` } }
    if (kind < 0.85) return { commandId, type: 'alias.retarget', data: { ...slot, target } }
    return { commandId, type: 'alias.remove', data: slot }
  }
}
