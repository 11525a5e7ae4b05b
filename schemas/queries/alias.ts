import { z } from 'zod'
import { aliasName, description, metadata, target } from '../alias.ts'
import { aliasId } from '../ids.ts'
import { scope } from '../scope.ts'
import { aliasIndexQueryAnswer, aliasIndexQueryData } from './alias-index.ts'

const slot = { scope, name: aliasName }
const page = {
  /** As the page before gave it; opaque. */
  cursor: z.string().min(1).max(2048).optional(),
  limit: z.int().min(1).max(1000).default(100),
}

/** Query data by query type. */
export const aliasQueryData = {
  /** Asked from a scope: a node looks in itself, its site, then globally; a context in itself, then globally. */
  'alias.resolve': z.strictObject({ from: scope, name: aliasName }),
  'alias.get': z.strictObject(slot),
  'alias.history': z.strictObject({ ...slot, ...page }),
  'alias.list': z.strictObject({
    scope: scope.optional(),
    prefix: aliasName.optional(),
    target: target.optional(),
    ...page,
  }),
  'alias.count': z.strictObject({}),
  ...aliasIndexQueryData,
} as const

export type AliasQueryType = keyof typeof aliasQueryData
export type AliasQueryInput<T extends AliasQueryType> = z.input<(typeof aliasQueryData)[T]>

/** An alias as it stands, by one projection's account. */
export const aliasView = z
  .object({
    aliasId,
    /** Position of the event that registered it: the integer id shown to people. */
    number: z.int(),
    ...slot,
    target,
    owner: z.string(),
    description: description.nullable(),
    metadata,
    enabled: z.boolean(),
    expiresAt: z.string().nullable(),
    registeredAt: z.string(),
    registeredBy: z.string(),
    updatedAt: z.string(),
    /** Revision of its slot: what `expectedRevision` and `If-Match` are compared with. */
    revision: z.int(),
  })
  .meta({ id: 'Alias' })
export type AliasView = z.infer<typeof aliasView>

/** One event of an alias' life, oldest first, through all its renames. */
export const historyEntry = z
  .object({
    sequence: z.int(),
    type: z.string(),
    time: z.string(),
    actor: z.string(),
    commandId: z.string(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'HistoryEntry' })
export type HistoryEntry = z.infer<typeof historyEntry>

const nextCursor = z.string().nullable()

/** What a query answers, by query type. */
export const aliasQueryAnswer = {
  'alias.resolve': aliasView,
  'alias.get': aliasView,
  'alias.history': z.object({ entries: z.array(historyEntry), nextCursor }),
  'alias.list': z.object({ aliases: z.array(aliasView), nextCursor }),
  'alias.count': z.object({ total: z.int(), active: z.int() }),
  ...aliasIndexQueryAnswer,
} as const
export type AliasQueryAnswer<T extends AliasQueryType> = z.infer<(typeof aliasQueryAnswer)[T]>
