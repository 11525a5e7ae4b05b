import type { AliasId, ChannelId } from '../schemas/ids.ts'
import type { AliasView } from '../schemas/queries/alias.ts'
import type { Scope } from '../schemas/scope.ts'

/** One row of `aliases` as {@link ALIAS_COLUMNS} selects it: times and numbers as text, as Postgres says them exactly. */
export interface AliasRow {
  readonly scope_key: string
  readonly name_key: string
  readonly id: string
  readonly alias_id: string
  readonly alias: string
  readonly scope: Scope['kind']
  readonly site: string | null
  readonly node: string | null
  readonly context: string
  readonly canonical: string
  readonly channel_id: string | null
  readonly owner: string
  readonly description: string | null
  readonly metadata: AliasView['metadata']
  readonly is_active: boolean
  readonly expires_at: string | null
  readonly created_at: string
  readonly created_by: string
  readonly updated_at: string
  readonly revision: string
}

/** An SQL expression for a time as RFC 3339 in UTC, to the millisecond. */
export function isoTime(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}

/** Select list over a table or view called `aliases`. */
export const ALIAS_COLUMNS = `
  aliases.scope_key, aliases.name_key, aliases.id, aliases.alias_id, aliases.alias, aliases.scope, aliases.site,
  aliases.node, aliases.context, aliases.canonical, aliases.channel_id, aliases.owner, aliases.description,
  aliases.metadata, aliases.is_active, ${isoTime('aliases.expires_at')} as expires_at,
  ${isoTime('aliases.created_at')} as created_at, aliases.created_by,
  ${isoTime('aliases.updated_at')} as updated_at, aliases.revision`

export function aliasView(row: AliasRow): AliasView {
  return {
    aliasId: row.alias_id as AliasId,
    number: Number(row.id),
    scope: scopeOf(row),
    name: row.alias,
    target:
      row.channel_id === null
        ? { kind: 'endpoint', url: row.canonical }
        : { kind: 'channel', channelId: row.channel_id as ChannelId },
    owner: row.owner,
    description: row.description,
    metadata: row.metadata,
    enabled: row.is_active,
    expiresAt: row.expires_at,
    registeredAt: row.created_at,
    registeredBy: row.created_by,
    updatedAt: row.updated_at,
    revision: Number(row.revision),
  }
}

function scopeOf({ scope: kind, site, node, context }: AliasRow): Scope {
  switch (kind) {
    case 'global':
      return { kind }
    case 'site':
      return { kind, site: site ?? '' }
    case 'node':
      return { kind, site: site ?? '', node: node ?? '' }
    case 'context':
      return { kind, context }
  }
}
