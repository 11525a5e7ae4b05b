import { Command } from 'commander'
import type { AuditLine } from '../../../../schemas/queries/audit.ts'
import { Failure } from '../../failure.ts'
import { createOutput } from '../../output.ts'
import { openClient } from '../../platform/open-client.ts'
import { auditFilterOf, type AuditFilters, withAuditFilters } from './filters.ts'

interface Options extends AuditFilters {
  readonly limit: string
  readonly oldest?: true
  readonly json?: true
}

/** `pharos audit log`: the newest entries that the filters let through. */
export function auditLog(): Command {
  return withAuditFilters(new Command('log'))
    .description('who did what, and who was refused what, newest first')
    .option('--oldest', 'oldest first')
    .option('--limit <n>', 'at most so many, up to 500', '50')
    .option('--json')
    .action(async ({ limit, oldest, json, ...filters }: Options) => {
      const client = await openClient()
      try {
        const order = oldest === true ? 'oldest' : 'newest'
        const query = { ...auditFilterOf(filters), order, limit: Number(limit) } as const
        const result = await client.query('audit.list', query)
        if (result.status !== 'ok') throw new Failure(result.message)
        const { entries, nextCursor } = result.value
        const more = nextCursor === null ? [] : ['… and more: raise --limit, or "pharos audit export"']
        createOutput(json === true).result(result.value, () => [...entries.map(line), ...more].join('\n'))
      } finally {
        await client.close()
      }
    })
}

function line({ id, createdAt, actor, action, status, subject, details, isArchived }: AuditLine): string {
  const marks = `${status === 'accepted' ? '' : `  ${status}`}${isArchived ? '  (archived)' : ''}`
  return `${String(id).padStart(8)}  ${createdAt}  ${actor}  ${action}${marks}  ${subject}  ${JSON.stringify(details['data'])}`
}
