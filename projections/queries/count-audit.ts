import type { AuditFilter } from '../../schemas/queries/audit.ts'
import { auditConditions } from './audit-conditions.ts'
import type { Read } from './read.ts'

/** How many entries there are of those. */
export async function countAudit(read: Read, filter: AuditFilter): Promise<{ readonly total: number }> {
  const values: unknown[] = []
  const conditions = auditConditions(filter, (of) => `$${values.push(of)}`)
  const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`
  const rows = await read<{ total: string }>(
    undefined,
    `select count(*) as total from pharos.audit_logs ${where}`,
    values,
  )
  return { total: Number(rows[0]?.total) }
}
