import { nameKey } from '../../domain/alias/name-key.ts'
import type { AliasView } from '../../schemas/queries/alias.ts'
import type { Scope } from '../../schemas/scope.ts'
import { ALIAS_COLUMNS, type AliasRow, aliasView } from '../alias-row.ts'
import type { Read } from './read.ts'
import { scopeKey } from './scope-key.ts'

/** The alias in this very slot, enabled or not, unless it has expired at `at` (epoch milliseconds). */
export async function getAlias(
  read: Read,
  query: { readonly scope: Scope; readonly name: string; readonly at: number },
): Promise<AliasView | undefined> {
  const rows = await read<AliasRow>(
    'get alias',
    `select ${ALIAS_COLUMNS}
     from pharos.aliases
     where scope_key = $1 and name_key = $2 and (expires_at is null or expires_at > $3::timestamptz)`,
    [scopeKey(query.scope), nameKey(query.name), new Date(query.at).toISOString()],
  )
  return rows[0] && aliasView(rows[0])
}
