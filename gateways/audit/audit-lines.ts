import type { AuditLine } from '../../schemas/queries/audit.ts'

export const AUDIT_FORMATS = ['ndjson', 'csv'] as const
export type AuditFormat = (typeof AUDIT_FORMATS)[number]

const COLUMNS = [
  ['id', (line: AuditLine) => line.id],
  ['created_at', (line: AuditLine) => line.createdAt],
  ['actor', (line: AuditLine) => line.actor],
  ['action', (line: AuditLine) => line.action],
  ['status', (line: AuditLine) => line.status],
  ['subject', (line: AuditLine) => line.subject],
  ['command_id', (line: AuditLine) => line.commandId],
  ['details', (line: AuditLine) => JSON.stringify(line.details)],
  ['is_archived', (line: AuditLine) => String(line.isArchived)],
  ['archived_at', (line: AuditLine) => line.archivedAt ?? ''],
  ['stream', (line: AuditLine) => line.stream],
  ['position', (line: AuditLine) => line.position],
  ['prev_hash', (line: AuditLine) => line.prevHash],
  ['hash', (line: AuditLine) => line.hash],
] as const

/**
 * Entries as text, a page at a time: NDJSON, or CSV (RFC 4180) with a header line. In CSV a text that a spreadsheet would
 * take for a formula begins with `'`: who is audited must not run code at who audits.
 */
export async function* auditLines(
  format: AuditFormat,
  pages: AsyncIterable<readonly AuditLine[]>,
): AsyncGenerator<string, void> {
  if (format === 'csv') yield row(COLUMNS.map(([name]) => name))
  for await (const page of pages)
    yield page
      .map((line) => (format === 'csv' ? row(COLUMNS.map(([, of]) => of(line))) : `${JSON.stringify(line)}\n`))
      .join('')
}

function row(fields: readonly (string | number)[]): string {
  return `${fields.map(field).join(',')}\r\n`
}

function field(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
