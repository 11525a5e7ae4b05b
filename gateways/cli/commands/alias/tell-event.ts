import type { AliasEvent } from '../../../../schemas/events/alias.ts'
import { formatScope } from '../../scope-argument.ts'
import { formatTarget } from './target-argument.ts'

/** One event of an alias as a line for people: where, which name, what became of it. */
export function tellEvent({ type, data }: AliasEvent): string {
  return `${formatScope(data.scope).padEnd(24)} ${data.name.padEnd(24)} ${whatOf({ type, data } as AliasEvent)}`
}

function whatOf({ type, data }: AliasEvent): string {
  switch (type) {
    case 'alias.registered':
      return `registered → ${formatTarget(data.target)}${until(data.expiresAt)}`
    case 'alias.retargeted':
      return `retargeted → ${formatTarget(data.target)}`
    case 'alias.respelled':
      return `respelled, was ${data.previousName}`
    case 'alias.renamed-away':
      return `renamed, is ${data.to} now`
    case 'alias.renamed-here':
      return `renamed, was ${data.from} → ${formatTarget(data.target)}`
    case 'alias.expiry-set':
      return data.expiresAt === null ? 'expires never' : `expires ${data.expiresAt}`
    case 'alias.expired':
      return `expired ${data.expiresAt}`
    case 'alias.ownership-transferred':
      return `transferred to ${data.owner}, was ${data.previousOwner}'s`
    case 'alias.changed':
      return `${data.changes.join(', ')}${data.alias === null ? '' : ` → ${formatTarget(data.alias.target)}${until(data.alias.expiresAt)}`}`
    case 'alias.described':
    case 'alias.enabled':
    case 'alias.disabled':
    case 'alias.removed':
    case 'alias.look-alikes-changed':
      return type.slice('alias.'.length)
  }
}

function until(expiresAt: string | null): string {
  return expiresAt === null ? '' : ` (until ${expiresAt})`
}
