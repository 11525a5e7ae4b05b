import type { AliasLine } from '../../schemas/alias-line.ts'
import type { AliasSetOperation } from '../../schemas/commands/alias.ts'
import { type AliasState, isLive } from './alias-state.ts'
import { sameTarget } from './same-target.ts'

/** What makes a slot what a line says; nothing when it is so already. What the line leaves out stays as it is. */
export function lineOperations(
  line: AliasLine,
  state: AliasState,
  expectedRevision: number,
  at: number,
): readonly AliasSetOperation[] {
  const { scope, name, target, owner, description, metadata, enabled, expiresAt } = line
  const slot = { scope, name, expectedRevision }
  if (!isLive(state, at)) {
    const facts = { description: description ?? null, metadata: metadata ?? {}, enabled: enabled ?? true }
    const owned = owner === undefined ? {} : { owner }
    return [{ op: 'register', ...slot, target, ...owned, ...facts, expiresAt: expiresAt ?? null }]
  }
  const operations: AliasSetOperation[] = []
  if (name !== state.name) operations.push({ op: 'rename', ...slot, newName: name })
  if (!sameTarget(target, state.target)) operations.push({ op: 'retarget', ...slot, target })
  const text = description === undefined ? state.description : description
  const facts = metadata ?? state.metadata
  if (text !== state.description || JSON.stringify(facts) !== JSON.stringify(state.metadata))
    operations.push({ op: 'describe', ...slot, description: text, metadata: facts })
  if (enabled !== undefined && enabled !== state.enabled)
    operations.push({ op: enabled ? 'enable' : 'disable', ...slot })
  if (expiresAt !== undefined && expiresAt !== state.expiresAt)
    operations.push({ op: 'set-expiry', ...slot, expiresAt })
  // Last: afterwards it belongs to somebody else.
  if (owner !== undefined && owner !== state.owner) operations.push({ op: 'transfer-ownership', ...slot, owner })
  return operations
}
