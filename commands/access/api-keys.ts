import type { ApiKeyId } from '../../schemas/access.ts'
import { type ApiKeyState, apiKey } from '../../domain/access/api-key.ts'
import { type AccessCommand, accessCommandData } from '../../schemas/commands/access.ts'
import { type Envelope, parseEventType } from '../../schemas/envelope.ts'
import { type AccessEvent, accessEventData } from '../../schemas/events/access.ts'
import { type AggregateSubject, aggregateSubject } from '../../schemas/subjects.ts'
import type { Permission } from '../access-policy.ts'
import type { AggregateDefinition } from '../command-handler.ts'

const VERSION = 1

/** API keys: one aggregate per key, `evt.api-key.<id>`. Only who administers access may issue or revoke. */
export const apiKeys: AggregateDefinition<ApiKeyState, AccessCommand, AccessEvent> = {
  decider: apiKey,
  commands: {
    'access.issue-api-key': { data: accessCommandData['access.issue-api-key'], aggregates, permission },
    'access.revoke-api-key': { data: accessCommandData['access.revoke-api-key'], aggregates, permission },
  },
  readEvent,
  versionOf: () => VERSION,
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

function readEvent({ type, data }: Envelope): AccessEvent {
  const { name, version } = parseEventType(type)
  if (version !== VERSION) throw new RangeError(`cannot read version ${version} of ${name}`)
  switch (name) {
    case 'api-key.issued':
      return { type: name, data: accessEventData[name].parse(data) }
    case 'api-key.revoked':
      return { type: name, data: accessEventData[name].parse(data) }
    default:
      throw new RangeError(`not an event of an API key: ${name}`)
  }
}
