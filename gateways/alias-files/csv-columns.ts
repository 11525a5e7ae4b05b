import { parseJson } from '../parse-json.ts'
import { formatScopeText } from '../../schemas/http/format-scope-text.ts'
import type { AliasLine } from '../../schemas/alias-line.ts'

/** Columns of a CSV file of aliases. The first three are needed; an empty field of the others is one left out. */
export const CSV_COLUMNS = [
  'scope',
  'name',
  'target',
  'owner',
  'description',
  'metadata',
  'enabled',
  'expires_at',
] as const
export const NEEDED_COLUMNS: readonly string[] = CSV_COLUMNS.slice(0, 3)

/** "Never expires", where an empty field says nothing. */
const NEVER = 'never'

/** A record by its columns as a line that is yet to be checked. @throws SyntaxError when its metadata is no JSON. */
export function fromCsv(record: Readonly<Record<string, string>>): object {
  const { scope, name, target, owner, description, metadata, enabled, expires_at: expiresAt } = record
  const said = (text: string | undefined): text is string => text !== undefined && text !== ''
  return {
    scope,
    name,
    target,
    ...(said(owner) ? { owner } : {}),
    ...(said(description) ? { description } : {}),
    ...(said(metadata) ? { metadata: parseJson(metadata) } : {}),
    ...(said(enabled) ? { enabled: enabled === 'true' ? true : enabled === 'false' ? false : enabled } : {}),
    ...(said(expiresAt) ? { expiresAt: expiresAt === NEVER ? null : expiresAt } : {}),
  }
}

/** A line as one record of CSV, with its end of line. */
export function toCsv({ scope, name, target, owner, description, metadata, enabled, expiresAt }: AliasLine): string {
  const fields = [
    formatScopeText(scope),
    name,
    target.kind === 'channel' ? target.channelId : target.url,
    owner ?? '',
    description ?? '',
    metadata === undefined || Object.keys(metadata).length === 0 ? '' : JSON.stringify(metadata),
    enabled === undefined ? '' : String(enabled),
    expiresAt === null ? NEVER : (expiresAt ?? ''),
  ]
  return `${fields.map(quoted).join(',')}\r\n`
}

/** RFC 4180. */
function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}
