import { slotSubject } from '../../domain/alias/slot.ts'
import type { Actor } from '../../schemas/actor.ts'
import { actorId } from '../../schemas/ids.ts'
import { type Epoch, parsePosition } from '../../schemas/position.ts'
import type { Scope } from '../../schemas/scope.ts'
import type { CommandHandler } from '../command-handler.ts'
import { derivedCommandId } from '../derived-command-id.ts'

/** Whom the log names where nobody asked: the time had come. */
const SYSTEM: Actor = { id: actorId.parse('pharos:alias-expiry'), roles: ['admin'] }

/** A slot whose alias has expired, at the revision that it was seen at. */
export interface ExpiredSlot {
  readonly scope: Scope
  readonly name: string
  readonly revision: number
}

/** Where the log says so; or where somebody else changed the slot before. */
export type Expiry =
  | { readonly status: 'expired' | 'changed'; readonly sequence: number }
  | { readonly status: 'unavailable' }

/**
 * Writes into the log that the alias in a slot has expired, if the slot is still at that revision: whoever lives there
 * since is left alone. Sent again, by another process too, it is the same command.
 */
export async function expireAlias(
  { scope, name, revision }: ExpiredSlot,
  { aliases, epoch }: { readonly aliases: CommandHandler; readonly epoch: Epoch },
): Promise<Expiry> {
  const commandId = derivedCommandId('alias.expire', epoch, slotSubject(scope, name), String(revision))
  const request = { commandId, data: { scope, name }, expectedRevision: revision }
  const result = await aliases.handle({ type: 'alias.expire', actor: SYSTEM, request })
  switch (result.status) {
    case 'accepted':
    case 'duplicate': {
      const { sequence } = parsePosition(result.position)
      return { status: result.events.length > 0 ? 'expired' : 'changed', sequence }
    }
    case 'conflict':
      return { status: 'changed', sequence: result.actual }
    case 'unavailable':
      return { status: 'unavailable' }
    case 'rejected':
    case 'unauthorized':
    case 'forbidden':
      // The clock was set back since it was due.
      if (result.status === 'rejected' && result.code === 'alias_not_due') return { status: 'changed', sequence: 0 }
      throw new Error(`alias.expire was answered "${result.status}": ${result.message}`)
  }
}
