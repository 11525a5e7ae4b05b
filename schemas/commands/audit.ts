import { z } from 'zod'
import { instant } from '../alias.ts'

/** Command data by command type. */
export const auditCommandData = {
  /** Hides all entries from before a time from lists, unless they are asked for; nothing is deleted. */
  'audit.archive': z.strictObject({ before: instant }),
} as const

export type AuditCommandType = keyof typeof auditCommandData
export type AuditCommand = {
  [T in AuditCommandType]: { readonly type: T; readonly data: z.infer<(typeof auditCommandData)[T]> }
}[AuditCommandType]
