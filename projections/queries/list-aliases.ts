import { nameKey } from '../../domain/alias/name-key.ts'
import type { Target } from '../../schemas/alias.ts'
import type { AliasView } from '../../schemas/queries/alias.ts'
import type { Scope } from '../../schemas/scope.ts'
import { ALIAS_COLUMNS, type AliasRow, aliasView } from '../alias-row.ts'
import { readCursor, writeCursor } from './cursor.ts'
import type { Read } from './read.ts'
import { scopeKey } from './scope-key.ts'

/** Which aliases: those in a scope, whose name begins so, that name this target; all that is given must hold. */
export interface AliasFilter {
  readonly scope?: Scope | undefined
  readonly prefix?: string | undefined
  readonly target?: Target | undefined
  /** Aliases that have expired at this instant (epoch milliseconds) are left out. */
  readonly at: number
  readonly cursor?: string | undefined
  readonly limit: number
}

/**
 * A page of aliases in order of scope and name, enabled or not. Pages go on after the last row seen, so what is
 * written meanwhile makes no row appear twice or be left out.
 * @throws RangeError when the cursor is not one of this list's.
 */
export async function listAliases(
  read: Read,
  filter: AliasFilter,
): Promise<{ readonly aliases: readonly AliasView[]; readonly nextCursor: string | null }> {
  const values: unknown[] = []
  const value = (of: unknown): string => `$${values.push(of)}`
  const conditions = [`(expires_at is null or expires_at > ${value(new Date(filter.at).toISOString())}::timestamptz)`]
  if (filter.scope) conditions.push(`scope_key = ${value(scopeKey(filter.scope))}`)
  if (filter.prefix !== undefined) {
    const prefix = nameKey(filter.prefix)
    // A range, which the indexes by name key can walk; U+10FFFF sorts after all that a name may hold.
    conditions.push(`name_key >= ${value(prefix)} and name_key < ${value(`${prefix}\u{10FFFF}`)}`)
  }
  if (filter.target?.kind === 'channel') conditions.push(`channel_id = ${value(filter.target.channelId)}::uuid`)
  if (filter.target?.kind === 'endpoint')
    conditions.push(`channel_id is null and canonical = ${value(filter.target.url)}`)
  if (filter.cursor !== undefined) {
    const [scope, name] = readCursor(filter.cursor, 2)
    conditions.push(`(scope_key, name_key) > (${value(scope)}, ${value(name)})`)
  }
  const rows = await read<AliasRow>(
    undefined,
    `select ${ALIAS_COLUMNS}
     from pharos.aliases
     where ${conditions.join('\n       and ')}
     order by scope_key, name_key
     limit ${value(filter.limit + 1)}::int`,
    values,
  )
  const page = rows.slice(0, filter.limit)
  const last = rows.length > filter.limit ? page.at(-1) : undefined
  return { aliases: page.map(aliasView), nextCursor: last ? writeCursor([last.scope_key, last.name_key]) : null }
}
