import { type ApiKeyState, apiKey } from '../../domain/access/api-key.ts'
import type { ApiKeyId } from '../../schemas/access.ts'
import { type AccessCommand, accessCommandData } from '../../schemas/commands/access.ts'
import type { AccessEvent } from '../../schemas/events/access.ts'
import { currentVersion } from '../../schemas/events/current-version.ts'
import { readAccessEvent } from '../../schemas/events/read-access-event.ts'
import { type AggregateSubject, aggregateSubject } from '../../schemas/subjects.ts'
import type { Permission } from '../access-policy.ts'
import type { AggregateDefinition } from '../command-handler.ts'

/** API keys: one aggregate per key, `evt.api-key.<id>`. Only who administers access may issue or revoke. */
export const apiKeys: AggregateDefinition<ApiKeyState, AccessCommand, AccessEvent> = {
  decider: apiKey,
  commands: {
    'access.issue-api-key': { data: accessCommandData['access.issue-api-key'], aggregates, permission },
    'access.revoke-api-key': { data: accessCommandData['access.revoke-api-key'], aggregates, permission },
  },
  readEvent: readAccessEvent,
  versionOf: currentVersion,
}

/** The subject that holds the whole life of one API key. */
export function apiKeySubject(apiKeyId: ApiKeyId): AggregateSubject {
  return aggregateSubject('api-key', apiKeyId)
}

function aggregates(data: { apiKeyId: ApiKeyId }): readonly AggregateSubject[] {
  return [apiKeySubject(data.apiKeyId)]
}

function permission(): Permission {
  return { action: 'administer', on: 'access' }
}
