import { z } from 'zod'
import { auditFilter } from '../queries/audit.ts'
import { scopeText } from './scope-text.ts'

/** Filters of `GET /api/audit`. `cursor` and `limit` are of pages; an export has all. */
export const auditListQuery = z.strictObject({
  ...auditFilter.omit({ scope: true, archived: true }).shape,
  scope: scopeText.optional().describe('global, site:<site>, node:<site>/<node> or context:<context>'),
  archived: z.enum(['true', 'false'], 'must be true or false').default('false').describe('Archived entries, too'),
  order: z.enum(['newest', 'oldest']).optional().describe('Of pages newest first unless told, of exports oldest first'),
  cursor: z.string().optional(),
  limit: z.coerce.number('must be a whole number from 1 to 500').int().min(1).max(500).default(100),
})
