import { z } from 'zod'

/** Event data by event name, of the newest version of each. */
export const auditEventData = {
  /** Entries from before this time are archived from here on. */
  'audit.archived': z.strictObject({ before: z.iso.datetime({ precision: 3 }) }),
} as const

export type AuditEventName = keyof typeof auditEventData
export type AuditEvent = {
  [N in AuditEventName]: { readonly type: N; readonly data: z.infer<(typeof auditEventData)[N]> }
}[AuditEventName]
