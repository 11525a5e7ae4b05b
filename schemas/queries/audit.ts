import { z } from 'zod'
import { aliasName, instant } from '../alias.ts'
import { scope } from '../scope.ts'

const auditedStream = z.enum(['EVENTS', 'AUDIT'])

/** What may be asked for; all that is given must hold. */
export const auditFilter = z.strictObject({
  actor: z.string().min(1).max(256).optional(),
  /** What was done, `alias.registered`; of a refusal what was asked for, `alias.register`. */
  action: z.string().min(1).max(100).optional(),
  status: z.enum(['accepted', 'rejected', 'conflict', 'forbidden', 'unauthorized']).optional(),
  /** `EVENTS`: what was accepted; `AUDIT`: what was refused. */
  stream: auditedStream.optional(),
  /** One aggregate: `evt.alias.site.SEA.main_power_feed`. */
  subject: z.string().min(1).max(2048).optional(),
  /** Aliases of this scope, or with `alias` the one of that name in it. */
  scope: scope.optional(),
  alias: aliasName.optional(),
  /** At or after this time. */
  from: instant.optional(),
  /** Before this time. */
  to: instant.optional(),
  /** Those that were archived, too. */
  archived: z.boolean().default(false),
})
export type AuditFilter = z.infer<typeof auditFilter>

const named = (filter: Pick<AuditFilter, 'alias' | 'scope'>): boolean =>
  filter.alias === undefined || filter.scope !== undefined
const needsScope = { path: ['scope'], message: 'must say which scope the alias is in' }

/** Query data by query type. */
export const auditQueryData = {
  'audit.list': auditFilter
    .extend({
      order: z.enum(['newest', 'oldest']).default('newest'),
      /** As the page before gave it; opaque. */
      cursor: z.string().min(1).max(2048).optional(),
      limit: z.int().min(1).max(500).default(100),
    })
    .refine(named, needsScope),
  'audit.count': auditFilter.refine(named, needsScope),
} as const

export const auditLine = z
  .object({
    /** Position in its stream, negative for a refusal: the integer id shown to people. */
    id: z.int(),
    stream: auditedStream,
    position: z.int(),
    action: z.string(),
    actor: z.string(),
    status: z.string(),
    subject: z.string(),
    commandId: z.string(),
    details: z.record(z.string(), z.unknown()),
    createdAt: z.string(),
    isArchived: z.boolean(),
    archivedAt: z.string().nullable(),
    prevHash: z.string(),
    hash: z.string(),
  })
  .meta({ id: 'AuditLine' })
export type AuditLine = z.infer<typeof auditLine>

/** What a query answers, by query type. A page may have fewer entries than its limit, if they are large. */
export const auditQueryAnswer = {
  'audit.list': z.object({ entries: z.array(auditLine), nextCursor: z.string().nullable() }),
  'audit.count': z.object({ total: z.int() }),
} as const
