import type { AliasChange } from './alias-change.ts'
import { ABSENT, type AliasTable } from './alias-table.ts'

export interface ExpiredAliases {
  readonly changes: readonly AliasChange[]
  /** When the next one expires, in epoch milliseconds; Infinity when none will. */
  readonly next: number
}

/** Aliases whose time came after `since` and has come by `now`. One pass over integers, some nanoseconds an alias. */
export function expiredAliases(table: AliasTable, since: number, now: number): ExpiredAliases {
  const changes: AliasChange[] = []
  let next = Infinity
  for (let record = table.next(ABSENT); record !== ABSENT; record = table.next(record)) {
    const at = table.expiresAt(record)
    if (at > now) next = Math.min(next, at)
    else if (at > since) {
      const old = table.copy(record)
      changes.push({ change: 'expired', scope: old.scope, name: old.name, old, new: undefined })
    }
  }
  return { changes, next }
}
