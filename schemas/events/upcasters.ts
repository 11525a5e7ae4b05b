import type { AccessEventName } from './access.ts'
import type { AliasEventName } from './alias.ts'
import type { AliasIndexEventName } from './alias-index.ts'
import type { AliasJobEventName } from './alias-job.ts'
import type { AuditEventName } from './audit.ts'
import type { DeviceCredentialEventName } from './device-credential.ts'
import type { Upcasters } from './upcast.ts'
import type { FleetEventName } from './fleet.ts'

type EventName =
  | AccessEventName
  | AliasEventName
  | AliasIndexEventName
  | AliasJobEventName
  | AuditEventName
  | FleetEventName
  | DeviceCredentialEventName

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
  'user.group-linked': [],
  'user.group-unlinked': [],
  'user.removed': [],
  'user.erased': [],
  'company.registered': [],
  'company.changed': [],
  'company.removed': [],
  'location.registered': [],
  'location.changed': [],
  'location.removed': [],
  'location.group-linked': [],
  'location.group-unlinked': [],
  'group.registered': [],
  'group.changed': [],
  'group.removed': [],
  'area.registered': [],
  'area.changed': [],
  'area.removed': [],
  'device.registered': [],
  'device.changed': [],
  'device.mac-replaced': [],
  'device.assigned': [],
  'device.moved': [],
  'device.unassigned': [],
  'device.decommissioned': [],
  'mac.claimed': [],
  'mac.released': [],
  'device-credential.provisioned': [],
  'device-credential.revoked': [],
} as const satisfies Upcasters & Record<EventName, unknown>
