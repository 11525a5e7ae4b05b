import { isUsable } from '../../domain/access/api-key.ts'
import { apiKeySubject, apiKeys } from '../../commands/access/api-keys.ts'
import { EventStoreUnavailable } from '../../commands/event-store.ts'
import type { EventStore } from '../../commands/event-store.ts'
import type { ApiKeyId } from '../../schemas/access.ts'
import type { DeviceId } from '../../schemas/device-sync/manifest.ts'
import { UnknownEventError } from '../../schemas/events/unknown-event.ts'
import { actorId } from '../../schemas/ids.ts'
import { withinTime } from '../within-time.ts'
import type { ApiKeySecrets } from './api-key-secrets.ts'
import { type Verification, unauthorized } from './authentication.ts'
import type { Credential } from './credential.ts'

export interface ApiKeyRules {
  readonly secrets: ApiKeySecrets
  readonly readAggregate: EventStore['readAggregate']
  /** The device that has been given the key, where one has. */
  readonly deviceOfKey?: (apiKeyId: ApiKeyId) => DeviceId | undefined
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** A revocation holds at the latest this long after it was accepted, in milliseconds. */
const TRUSTED_MS = 5000
const READ_TIMEOUT_MS = 5000

/** Verifies an API key against the log itself, so that a key works as soon as its command was accepted. */
export async function verifyApiKey(
  { apiKeyId, secret }: Extract<Credential, { kind: 'api-key' }>,
  { secrets, readAggregate, now, deviceOfKey }: ApiKeyRules,
): Promise<Verification> {
  // Counted from before the read: what is revoked during it must not be trusted for longer.
  const asked = now()
  try {
    const events = await withinTime(readAggregate(apiKeySubject(apiKeyId)), READ_TIMEOUT_MS)
    if (events === undefined) return unreachable
    const state = events.reduce(
      (before, { envelope, sequence }) =>
        apiKeys.decider.evolve(before, apiKeys.readEvent(envelope), {
          sequence,
          time: envelope.time,
          actor: envelope.actor,
        }),
      apiKeys.decider.initialState,
    )
    if (!isUsable(state, now()) || !secrets.matches(secret, state.digest))
      return unauthorized('the API key is not valid')
    const { roles, scopes, expiresAt } = state
    const until = Math.min(asked + TRUSTED_MS, expiresAt === null ? Infinity : Date.parse(expiresAt))
    const device = deviceOfKey?.(apiKeyId)
    const id = actorId.parse(`api-key:${apiKeyId}`)
    return { status: 'ok', actor: { id, roles, scopes, ...(device === undefined ? {} : { device }) }, until }
  } catch (error) {
    if (error instanceof EventStoreUnavailable || error instanceof UnknownEventError) return unreachable
    throw error
  }
}

const unreachable: Verification = { status: 'unavailable', message: 'API keys cannot be checked at the moment' }
