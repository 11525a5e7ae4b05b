import type { ClientBase } from 'pg'
import type { Scope } from '../../schemas/scope.ts'
import { ALIAS_COLUMNS, type AliasRow, aliasView } from '../alias-row.ts'
import { slotKey } from '../tables/alias-slot.ts'

/** An alias whose row is still there although its time has come, and its slot's revision as the row says. */
export interface DueAlias {
  readonly scope: Scope
  readonly name: string
  readonly revision: number
}

/**
 * Some of the aliases that had expired at `at` (epoch milliseconds), the longest ago first, of the generation that the
 * session works in. Slots that are held back are left out: their rows say less than the log.
 */
export async function dueAliases(
  client: ClientBase,
  { at, most }: { readonly at: number; readonly most: number },
): Promise<readonly DueAlias[]> {
  const parked = await client.query<{ aggregate: string }>(
    `select aggregate from parked where aggregate like 'evt.alias.%'`,
  )
  const held = parked.rows.map(({ aggregate }) => slotKey(aggregate))
  const { rows } = await client.query<AliasRow>(
    `select ${ALIAS_COLUMNS}
     from aliases
     where aliases.expires_at <= $1::timestamptz and not exists (
       select from unnest($2::text[], $3::text[]) as held (scope_key, name_key)
       where held.scope_key = aliases.scope_key and held.name_key = aliases.name_key
     )
     order by aliases.expires_at
     limit $4`,
    [new Date(at).toISOString(), held.map(({ scopeKey }) => scopeKey), held.map(({ nameKey }) => nameKey), most],
  )
  return rows.map(aliasView).map(({ scope, name, revision }) => ({ scope, name, revision }))
}
