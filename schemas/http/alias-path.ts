import { z } from 'zod'
import { aliasName } from '../alias.ts'
import type { Violation } from '../command.ts'
import { contextName, GLOBAL, nodeName, type Scope, siteName } from '../scope.ts'

/** Path of one alias: `global`, or the context that it lives in, and its name. */
export const aliasPath = z.object({
  context: z.union([z.literal(GLOBAL), contextName]).describe('"global", or a context such as "frontend"'),
  alias: aliasName,
})
export type AliasPath = z.infer<typeof aliasPath>

/** Narrows `global` down to a site, or a node of it. */
export const placeQuery = z.object({
  site: siteName.optional().describe('With "global" only: at this site'),
  node: nodeName.optional().describe('With a site only: on this node of it'),
})
export type PlaceQuery = z.infer<typeof placeQuery>

/** The scope that a path and query speak of, or the field that contradicts the others. */
export function scopeOf(
  { context }: Pick<AliasPath, 'context'>,
  { site, node }: PlaceQuery,
): { readonly scope: Scope } | Violation {
  if (node !== undefined && site === undefined)
    return { field: 'query.node', message: 'a node is named together with its site' }
  if (context !== GLOBAL)
    return site === undefined
      ? { scope: { kind: 'context', context } }
      : { field: 'query.site', message: `goes with "${GLOBAL}" only: a context has no sites` }
  if (site === undefined) return { scope: { kind: 'global' } }
  return { scope: node === undefined ? { kind: 'site', site } : { kind: 'node', site, node } }
}
