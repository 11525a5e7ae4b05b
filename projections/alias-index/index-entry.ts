import type { AliasEvent } from '../../schemas/events/alias.ts'
import type { Row } from '../table.ts'
import type { INDEX_ENTRIES } from './index-tables.ts'

/** A slot as the index knows it. */
export type IndexEntry = Row<typeof INDEX_ENTRIES>

/** Where the slot is. */
export type IndexSlot = Pick<IndexEntry, 'scope_key' | 'node' | 'name_key'>

/** The slot after one more of its events; the very same object where the event is of no concern to the index. */
export function evolveEntry(
  entry: IndexEntry | undefined,
  slot: IndexSlot,
  event: AliasEvent,
  revision: number,
): IndexEntry | undefined {
  if (event.type === 'alias.registered' || event.type === 'alias.renamed-here') {
    const { name, target, enabled, expiresAt } = event.data
    const id = event.type === 'alias.registered' ? revision : event.data.number
    return {
      ...slot,
      name,
      ...targetOf(target),
      id,
      is_taken: true,
      is_enabled: enabled,
      expires: milliseconds(expiresAt),
      revision,
    }
  }
  if (entry === undefined || entry.is_taken !== true) return entry
  switch (event.type) {
    case 'alias.retargeted':
      return { ...entry, ...targetOf(event.data.target), revision }
    case 'alias.respelled':
      return { ...entry, name: event.data.name, revision }
    case 'alias.enabled':
      return { ...entry, is_enabled: true, revision }
    case 'alias.disabled':
      return { ...entry, is_enabled: false, revision }
    case 'alias.expiry-set':
      return { ...entry, expires: milliseconds(event.data.expiresAt), revision }
    case 'alias.renamed-away':
    case 'alias.removed':
      return { ...entry, is_taken: false, revision }
    case 'alias.described':
    case 'alias.ownership-transferred':
      return entry
  }
}

function targetOf(target: Extract<AliasEvent, { type: 'alias.retargeted' }>['data']['target']) {
  return { target_kind: target.kind, target: target.kind === 'channel' ? target.channelId : target.url }
}

function milliseconds(time: string | null): number {
  return time === null ? 0 : Date.parse(time)
}
