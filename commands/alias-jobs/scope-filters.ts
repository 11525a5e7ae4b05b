import type { IndexScope } from '../../schemas/alias-index.ts'
import { type Scope, scopeParts } from '../../schemas/scope.ts'
import { escapeToken } from '../../schemas/subjects.ts'

const ALL = 'evt.alias.>'
/** More filters than that cost the server more than the events that they spare. */
const MOST = 32

/** NATS filters of the slots of these scopes, and of no more than that where they are few. */
export function scopeFilters(scopes: readonly Scope[]): readonly string[] {
  if (scopes.length > MOST) return [ALL]
  return scopes.map((scope) => ['evt', 'alias', ...scopeParts(scope).map(escapeToken), '*'].join('.'))
}

/** NATS filters of all slots that an index scope publishes: a site has those of its nodes too. */
export function indexScopeFilters(scope: IndexScope): readonly string[] {
  const own = scopeFilters([scope])
  return scope.kind === 'site' ? [...own, `evt.alias.node.${escapeToken(scope.site)}.*.*`] : own
}
