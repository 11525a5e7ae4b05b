import type { ClientBase } from 'pg'
import { indexScopeKey } from '../../schemas/alias-index.ts'
import { readAliasIndexEvent } from '../../schemas/events/read-alias-index-event.ts'
import type { Tenure } from '../publication.ts'
import type { Claim } from './index-claims.ts'

/** A version of a scope. */
export interface VersionOf {
  readonly scopeKey: string
  readonly version: number
}

const LAST = `
  select wanted.scope_key, last.version, last.position, last.revision
  from unnest($1::text[]) as wanted (scope_key)
  cross join lateral (
    select version::float8 as version, position::float8 as position, revision::float8 as revision
    from index_versions
    where index_versions.scope_key = wanted.scope_key
    order by index_versions.version desc
    limit 1
  ) as last`

const POSITIONS = `
  select index_versions.position::float8 as position
  from unnest($1::text[], $2::bigint[]) with ordinality as wanted (scope_key, version, place)
  left join index_versions
    on index_versions.scope_key = wanted.scope_key and index_versions.version = wanted.version
  order by wanted.place`

/** All versions that were claimed: the tables have those up to their checkpoint, this those that stand after it in the log. */
export class KnownVersions {
  readonly #client: ClientBase
  readonly #ahead = new Map<string, Claim[]>()

  private constructor(client: ClientBase) {
    this.#client = client
  }

  /** Reads what the log has beyond the tables. */
  static async begin({ client, log, at, head, signal, alive }: Tenure): Promise<KnownVersions> {
    const known = new KnownVersions(client)
    const range = { fromSequence: at.sequence + 1, untilSequence: head.sequence, subjects: ['evt.alias-index.>'] }
    for await (const { sequence, envelope } of log.readAll({ ...range, signal })) {
      const { scope, version, position } = readAliasIndexEvent(envelope).data
      known.add(indexScopeKey(scope), { version, position, revision: sequence })
      await alive()
    }
    signal.throwIfAborted()
    return known
  }

  add(scopeKey: string, claim: Claim): void {
    const claims = this.#ahead.get(scopeKey)
    if (claims === undefined) this.#ahead.set(scopeKey, [claim])
    else if ((claims.at(-1)?.version ?? 0) < claim.version) claims.push(claim)
  }

  /** The tables have come to `position`, so they know all claims before it. */
  forgetUntil(position: number): void {
    for (const [scopeKey, claims] of this.#ahead) {
      const left = claims.filter(({ revision }) => revision > position)
      if (left.length === 0) this.#ahead.delete(scopeKey)
      else if (left.length < claims.length) this.#ahead.set(scopeKey, left)
    }
  }

  /** The scopes with claims that the tables do not have, each with the position of the last. */
  ahead(): ReadonlyMap<string, number> {
    return new Map([...this.#ahead].map(([scopeKey, claims]) => [scopeKey, claims.at(-1)?.position ?? 0]))
  }

  /** The last claim of each scope that has one. */
  async last(scopeKeys: readonly string[]): Promise<ReadonlyMap<string, Claim>> {
    const last = new Map<string, Claim>()
    for (const scopeKey of scopeKeys) {
      const claim = this.#ahead.get(scopeKey)?.at(-1)
      if (claim !== undefined) last.set(scopeKey, claim)
    }
    const others = scopeKeys.filter((scopeKey) => !last.has(scopeKey))
    if (others.length === 0) return last
    const { rows } = await this.#client.query<Claim & { readonly scope_key: string }>({
      name: 'last index versions',
      text: LAST,
      values: [others],
    })
    for (const { scope_key: scopeKey, ...claim } of rows) last.set(scopeKey, claim)
    return last
  }

  /** The positions of these versions, in the order given; undefined for one that was never claimed. */
  async positions(wanted: readonly VersionOf[]): Promise<readonly (number | undefined)[]> {
    if (wanted.length === 0) return []
    const { rows } = await this.#client.query<{ position: number | null }>({
      name: 'positions of index versions',
      text: POSITIONS,
      values: [wanted.map((one) => one.scopeKey), wanted.map((one) => one.version)],
    })
    return wanted.map(({ scopeKey, version }, i) => {
      const ahead = this.#ahead.get(scopeKey)?.find((claim) => claim.version === version)
      return ahead?.position ?? rows[i]?.position ?? undefined
    })
  }
}
