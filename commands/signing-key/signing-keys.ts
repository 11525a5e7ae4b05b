import { signingKey, type SigningKeyState } from '../../domain/signing-key/signing-key.ts'
import { type SigningKeyCommand, signingKeyCommandData } from '../../schemas/commands/signing-key.ts'
import { currentVersion } from '../../schemas/events/current-version.ts'
import { readSigningKeyEvent } from '../../schemas/events/read-signing-key-event.ts'
import type { SigningKeyEvent } from '../../schemas/events/signing-key.ts'
import { aggregateSubject } from '../../schemas/subjects.ts'
import type { AggregateDefinition } from '../command-handler.ts'

/** The keys that sign manifests: one aggregate, `evt.signing-key.manifests`. */
export const signingKeys: AggregateDefinition<SigningKeyState, SigningKeyCommand, SigningKeyEvent> = {
  decider: signingKey,
  commands: {
    'signing-key.note-rotation': {
      data: signingKeyCommandData['signing-key.note-rotation'],
      aggregates: () => [aggregateSubject('signing-key', 'manifests')],
      permission: () => ({ action: 'administer', on: 'access' }),
    },
  },
  readEvent: readSigningKeyEvent,
  versionOf: currentVersion,
}
