import { headers as natsHeaders, type MsgHdrs } from '@nats-io/transport-node'
import { context, propagation } from '@opentelemetry/api'
import { newUlid } from '../../schemas/new-ulid.ts'
import { type CommandResult, commandResult } from '../../schemas/command.ts'
import type { CommandInput, CommandType } from '../../schemas/commands/command-data.ts'
import type { QueryAnswer, QueryInput, QueryType } from '../../schemas/queries/query-data.ts'
import { type QueryResult, queryResult } from '../../schemas/query.ts'
import { Aliases, type AliasesOptions } from './aliases/aliases.ts'
import type { NatsLink } from './nats-link.ts'
import { requestUntil } from './request-until.ts'

interface Waiting {
  /** How long it is tried, in milliseconds. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface CommandOptions extends Waiting {
  /** A ULID. Keep it to ask for the same outcome again later; left out, a new one. */
  readonly commandId?: string
  readonly expectedRevision?: number
  readonly dryRun?: boolean
}

export interface QueryOptions extends Waiting {
  /** `position` of a command's result: the answer then holds what it did. */
  readonly minPosition?: string
  /** The answer as of then: a position as a result carried it, or a time (RFC 3339). */
  readonly asOf?: string
}

/** What became of a query, its value typed by what was asked. */
export type QueryOutcome<T extends QueryType> =
  | (Extract<QueryResult, { status: 'ok' }> & { readonly value: QueryAnswer<T> })
  | Exclude<QueryResult, { status: 'ok' }>

export interface PharosParts {
  readonly link: NatsLink
  readonly credential: () => Promise<readonly [header: string, value: string]>
  readonly timeoutMs: number
  readonly aliases?: AliasesOptions
}

/** A connection to Pharos. Whatever can be expected is a result; what is thrown is a bug, an abort, or a closed connection. */
export class Pharos {
  /** Names in this process' memory: {@link Aliases.bind} them, then resolve without waiting. */
  readonly aliases: Aliases
  readonly #parts: PharosParts

  constructor(parts: PharosParts) {
    this.#parts = parts
    this.aliases = new Aliases(parts.link, parts.aliases)
  }

  /** Sends a command. It is sent again, under the same id, until its outcome is known or the time is up. */
  command<T extends CommandType>(type: T, data: CommandInput<T>, options: CommandOptions = {}): Promise<CommandResult> {
    return this.send(type, data, options)
  }

  /** As {@link command}, where the type or the data is known only at run time; Pharos checks them. */
  async send(type: string, data: object, options: CommandOptions = {}): Promise<CommandResult> {
    const { commandId = newUlid(), expectedRevision, dryRun, ...waiting } = options
    return commandResult.parse(
      await this.#request(`cmd.${type}`, { commandId, data, expectedRevision, dryRun }, waiting),
    )
  }

  /** Asks the read model. */
  async query<T extends QueryType>(type: T, data: QueryInput<T>, options: QueryOptions = {}): Promise<QueryOutcome<T>> {
    const { minPosition, asOf, ...waiting } = options
    const result = queryResult.parse(await this.#request(`query.${type}`, { data, minPosition, asOf }, waiting))
    // The answer to a type is what its schema says: ours and the server's are one.
    return result as QueryOutcome<T>
  }

  /** Lets what was sent be answered, then closes the connection. While NATS is away nothing can be: closes at once. */
  async close(): Promise<void> {
    await this.aliases.close()
    await this.#parts.link.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #request(
    subject: string,
    body: object,
    { timeoutMs = this.#parts.timeoutMs, signal }: Waiting,
  ): Promise<unknown> {
    const headers = await this.#headers()
    return requestUntil(this.#parts.link, { subject, body: JSON.stringify(body), headers, timeoutMs, signal })
  }

  async #headers(): Promise<MsgHdrs> {
    const headers = natsHeaders()
    headers.set(...(await this.#parts.credential()))
    const carrier: { traceparent?: string } = {}
    propagation.inject(context.active(), carrier)
    if (carrier.traceparent !== undefined) headers.set('traceparent', carrier.traceparent)
    return headers
  }
}
