import type { AuditCommand } from '../../schemas/commands/audit.ts'
import type { AuditEvent } from '../../schemas/events/audit.ts'
import { accept, type Decider, refuse } from '../decider.ts'

/** What of the audit is archived: everything from before a time. Only ever more. */
export interface AuditArchiveState {
  /** RFC 3339; `null` while nothing is. */
  readonly before: string | null
}

export const auditArchive: Decider<AuditArchiveState, AuditCommand, AuditEvent> = {
  initialState: { before: null },
  evolve: (_, event) => ({ before: event.data.before }),
  decide({ data: { before } }, [state], { at }) {
    if (Date.parse(before) > at)
      return refuse(
        'not_yet',
        'what has not happened yet cannot be archived: "before" must not be in the future',
        'before',
      )
    const archived = state?.before ?? null
    // Less than what is archived already is nothing new: what was hidden does not come back.
    if (archived !== null && before <= archived) return accept(undefined)
    return accept({ type: 'audit.archived', data: { before } })
  },
}
