import { slotSubject } from '../../domain/alias/slot.ts'
import type { AuditFilter } from '../../schemas/queries/audit.ts'
import { scopeKey } from './scope-key.ts'

/** SQL conditions on `pharos.audit_logs` and their values: an entry must meet all. `value` numbers a parameter. */
export function auditConditions(filter: AuditFilter, value: (of: unknown) => string): string[] {
  const { actor, action, status, stream, subject, scope, alias, from, to, archived } = filter
  const conditions: string[] = []
  if (actor !== undefined) conditions.push(`actor = ${value(actor)}`)
  if (action !== undefined) conditions.push(`action = ${value(action)}`)
  if (status !== undefined) conditions.push(`status = ${value(status)}`)
  if (stream !== undefined) conditions.push(`stream = ${value(stream)}`)
  if (subject !== undefined) conditions.push(`subject = ${value(subject)}`)
  if (scope !== undefined && alias !== undefined) conditions.push(`subject = ${value(slotSubject(scope, alias))}`)
  else if (scope !== undefined) {
    const prefix = `evt.alias.${scopeKey(scope)}.`
    // A range, which the index by subject can walk; subjects are ASCII.
    conditions.push(`subject >= ${value(prefix)} and subject < ${value(`${prefix}\u{10FFFF}`)}`)
  }
  if (from !== undefined) conditions.push(`created_at >= ${value(from)}::timestamptz`)
  if (to !== undefined) conditions.push(`created_at < ${value(to)}::timestamptz`)
  // Not the column `is_archived`: this is one look at the archivings, not one for each entry.
  if (!archived)
    conditions.push(`created_at >= coalesce((select max(before) from pharos.audit_archivings), '-infinity')`)
  return conditions
}
