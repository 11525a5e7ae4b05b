import { type Scope, scopeParts } from '../../schemas/scope.ts'
import { escapeToken } from '../../schemas/subjects.ts'

/** The scope as the tables key it: its parts as escaped tokens, `node.KSEA.gate-4`. */
export function scopeKey(scope: Scope): string {
  return scopeParts(scope).map(escapeToken).join('.')
}
