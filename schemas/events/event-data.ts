import { accessEventData } from './access.ts'
import { aliasEventData } from './alias.ts'
import { aliasIndexEventData } from './alias-index.ts'
import { aliasJobEventData } from './alias-job.ts'
import { auditEventData } from './audit.ts'
import { channelEventData } from './channel.ts'
import { deviceCredentialEventData } from './device-credential.ts'
import { deviceSyncEventData } from './device-sync.ts'
import { fleetEventData } from './fleet.ts'
import { signingKeyEventData } from './signing-key.ts'

/** The data of every event that Pharos writes, in its newest version, by event name. */
export const eventData = {
  ...accessEventData,
  ...aliasEventData,
  ...aliasIndexEventData,
  ...aliasJobEventData,
  ...auditEventData,
  ...channelEventData,
  ...deviceCredentialEventData,
  ...deviceSyncEventData,
  ...fleetEventData,
  ...signingKeyEventData,
} as const

export type EventName = keyof typeof eventData
