import { nameKey } from '../../domain/alias/name-key.ts'
import type { AliasView } from '../../schemas/queries/alias.ts'
import type { Scope } from '../../schemas/scope.ts'
import { ALIAS_COLUMNS, type AliasRow, aliasView } from '../alias-row.ts'
import type { Read } from './read.ts'
import { scopeKey } from './scope-key.ts'

/**
 * The first alias of this name along the chain of scopes, nearest first. One that is disabled, or expired at `at`
 * (epoch milliseconds), is passed over as if absent.
 */
export async function resolveAlias(
  read: Read,
  query: { readonly chain: readonly Scope[]; readonly name: string; readonly at: number },
): Promise<AliasView | undefined> {
  const rows = await read<AliasRow>(
    'resolve alias',
    `select ${ALIAS_COLUMNS}
     from unnest($1::text[]) with ordinality as chain (scope_key, distance)
     join pharos.aliases on aliases.scope_key = chain.scope_key and aliases.name_key = $2
     where is_active and (expires_at is null or expires_at > $3::timestamptz)
     order by chain.distance
     limit 1`,
    [query.chain.map(scopeKey), nameKey(query.name), new Date(query.at).toISOString()],
  )
  return rows[0] && aliasView(rows[0])
}
