import type { z } from 'zod'
import { aliasOperationData } from './commands/alias.ts'

/**
 * One alias as a file holds it. What is left out stays as it is where the alias is known, and has its default where it
 * is new: so an export can be imported anywhere, and a list of names and targets is enough to begin with.
 */
export const aliasLine = aliasOperationData['alias.register'].partial({ owner: true }).extend({
  description: aliasOperationData['alias.register'].shape.description.unwrap().optional(),
  metadata: aliasOperationData['alias.register'].shape.metadata.unwrap().optional(),
  enabled: aliasOperationData['alias.register'].shape.enabled.unwrap().optional(),
  expiresAt: aliasOperationData['alias.register'].shape.expiresAt.unwrap().optional(),
})
export type AliasLine = z.infer<typeof aliasLine>
