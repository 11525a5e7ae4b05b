import type { AccessEventName } from './access.ts'
import type { AliasEventName } from './alias.ts'
import type { Upcasters } from './upcast.ts'

/**
 * Every event that Pharos writes, and how its older versions become the one that the rules know. To change an event's
 * schema, add the step from the version before to the end of its list: that makes the next version. Never edit a step.
 */
export const upcasters = {
  'alias.registered': [],
  'alias.retargeted': [],
  'alias.respelled': [],
  'alias.renamed-away': [],
  'alias.renamed-here': [],
  'alias.described': [],
  'alias.enabled': [],
  'alias.disabled': [],
  'alias.expiry-set': [],
  'alias.ownership-transferred': [],
  'alias.removed': [],
  'api-key.issued': [],
  'api-key.revoked': [],
} as const satisfies Upcasters & Record<AliasEventName | AccessEventName, unknown>
