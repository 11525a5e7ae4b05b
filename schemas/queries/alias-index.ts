import { z } from 'zod'
import { aliasName, target } from '../alias.ts'
import { indexScope } from '../alias-index.ts'
import { scope } from '../scope.ts'

const version = z.int().min(1)
const page = {
  /** As the page before gave it; opaque. */
  cursor: z.string().min(1).max(4096).optional(),
  limit: z.int().min(1).max(1000).default(100),
}

/** Query data by query type. */
export const aliasIndexQueryData = {
  /** The versions of one scope's index, newest first. */
  'alias.versions': z.strictObject({ scope: indexScope, ...page }),
  /** What of a scope's index is other at version `to` than at version `from`, which may be the later one. */
  'alias.diff': z.strictObject({ scope: indexScope, from: version, to: version, ...page }),
} as const

/** A version of the index of one scope: its content is that of the log at `position`. */
export const indexVersion = z
  .object({ version, position: z.int().min(0), publishedAt: z.string() })
  .meta({ id: 'IndexVersion' })
export type IndexVersion = z.infer<typeof indexVersion>

/** What the index says of a name. */
const indexedAlias = z.object({
  name: aliasName,
  target,
  /** The alias's integer id. */
  number: z.int(),
  expiresAt: z.string().nullable(),
})
export type IndexedAlias = z.infer<typeof indexedAlias>

/** One name that differs; `null`: the index does not have it. */
export const indexChange = z
  .object({
    kind: z.enum(['added', 'changed', 'removed']),
    scope,
    before: indexedAlias.nullable(),
    after: indexedAlias.nullable(),
  })
  .meta({ id: 'IndexChange' })
export type IndexChange = z.infer<typeof indexChange>

const nextCursor = z.string().nullable()

/** What a query answers, by query type. */
export const aliasIndexQueryAnswer = {
  'alias.versions': z.object({ versions: z.array(indexVersion), nextCursor }),
  'alias.diff': z.object({ from: indexVersion, to: indexVersion, changes: z.array(indexChange), nextCursor }),
} as const
export type IndexVersionPage = z.infer<(typeof aliasIndexQueryAnswer)['alias.versions']>
export type IndexDiffPage = z.infer<(typeof aliasIndexQueryAnswer)['alias.diff']>
