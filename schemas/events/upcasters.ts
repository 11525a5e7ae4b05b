import type { AccessEventName } from './access.ts'
import type { AliasEventName } from './alias.ts'
import type { AliasIndexEventName } from './alias-index.ts'
import type { AliasJobEventName } from './alias-job.ts'
import type { AuditEventName } from './audit.ts'
import type { ChannelEventName } from './channel.ts'
import type { Upcasters } from './upcast.ts'

type EventName =
  | AccessEventName
  | AliasEventName
  | AliasIndexEventName
  | AliasJobEventName
  | AuditEventName
  | ChannelEventName

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
  'alias.changed': [],
  'alias.look-alikes-changed': [],
  'alias-job.started': [],
  'alias-job.completed': [],
  'alias-job.failed': [],
  'index.published': [],
  'audit.archived': [],
  'channel.registered': [],
  'channel.described': [],
  'channel.retired': [],
  'api-key.issued': [],
  'api-key.revoked': [],
} as const satisfies Upcasters & Record<EventName, unknown>
