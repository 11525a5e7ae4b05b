import type { AccessEventName } from './access.ts'
import type { AliasEventName } from './alias.ts'
import type { AliasIndexEventName } from './alias-index.ts'
import type { AliasJobEventName } from './alias-job.ts'
import type { AuditEventName } from './audit.ts'
import type { DeviceCredentialEventName } from './device-credential.ts'
import type { DeviceSyncEventName } from './device-sync.ts'
import type { Upcasters } from './upcast.ts'
import type { UserEventName } from './user.ts'

type EventName =
  | AccessEventName
  | AliasEventName
  | AliasIndexEventName
  | AliasJobEventName
  | AuditEventName
  | UserEventName
  | DeviceCredentialEventName
  | DeviceSyncEventName

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
  'api-key.issued': [],
  'api-key.revoked': [],
  'user.registered': [],
  'user.changed': [],
  'user.removed': [],
  'user.erased': [],
  'device-credential.provisioned': [],
  'device-credential.revoked': [],
  'sync.requested': [],
  'sync.acknowledged': [],
} as const satisfies Upcasters & Record<EventName, unknown>
