import type { AccessCommand } from '../../schemas/commands/access.ts'
import type { AccessEvent } from '../../schemas/events/access.ts'
import { accept, type Decider, type Decision, type DecisionContext, refuse } from '../decider.ts'

/** One API key: a credential for programs, known by the digest of its secret. */
export type ApiKeyState = { readonly status: 'none' } | IssuedApiKey | { readonly status: 'revoked' }

export interface IssuedApiKey extends Readonly<IssuedData> {
  readonly status: 'issued'
}

type IssuedData = Extract<AccessEvent, { type: 'api-key.issued' }>['data']

const NONE: ApiKeyState = { status: 'none' }

/** Rules of an API key. An id is used once: a revoked key never comes back, not even under another secret. */
export const apiKey: Decider<ApiKeyState, AccessCommand, AccessEvent> = { initialState: NONE, decide, evolve }

/** Whether the key is good at this instant (epoch milliseconds). */
export function isUsable(state: ApiKeyState, at: number): state is IssuedApiKey {
  return state.status === 'issued' && (state.expiresAt === null || Date.parse(state.expiresAt) > at)
}

function decide(
  command: AccessCommand,
  states: readonly ApiKeyState[],
  context: DecisionContext,
): Decision<AccessEvent> {
  const state = states[0] ?? NONE
  const { apiKeyId } = command.data
  switch (command.type) {
    case 'access.issue-api-key': {
      if (state.status !== 'none')
        return refuse('api_key_id_taken', `the API key id "${apiKeyId}" was used before`, 'apiKeyId')
      const { expiresAt } = command.data
      if (expiresAt !== null && Date.parse(expiresAt) <= context.at)
        return refuse('expiry_in_past', 'expiresAt must be later than now', 'expiresAt')
      return accept({ type: 'api-key.issued', data: command.data })
    }
    case 'access.revoke-api-key':
      if (state.status === 'none') return refuse('api_key_not_found', `no API key "${apiKeyId}"`, 'apiKeyId')
      return state.status === 'revoked' ? accept() : accept({ type: 'api-key.revoked', data: { apiKeyId } })
  }
}

function evolve(_state: ApiKeyState, event: AccessEvent): ApiKeyState {
  switch (event.type) {
    case 'api-key.issued':
      return { status: 'issued', ...event.data }
    case 'api-key.revoked':
      return { status: 'revoked' }
  }
}
