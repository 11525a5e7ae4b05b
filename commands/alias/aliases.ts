import { alias, type AliasState } from '../../domain/alias/alias.ts'
import { slotSubject } from '../../domain/alias/slot.ts'
import { type AliasCommand, aliasCommandData } from '../../schemas/commands/alias.ts'
import type { AliasEvent } from '../../schemas/events/alias.ts'
import { currentVersion } from '../../schemas/events/current-version.ts'
import { readAliasEvent } from '../../schemas/events/read-alias-event.ts'
import type { Scope } from '../../schemas/scope.ts'
import type { AggregateDefinition } from '../command-handler.ts'

interface Slot {
  readonly scope: Scope
  readonly name: string
}

const inScope = { aggregates: ({ scope, name }: Slot) => [slotSubject(scope, name)], permission: writeAlias }

/** How alias commands and events are read. A rename is the one command about two slots, unless only the spelling changes. */
export const aliases: AggregateDefinition<AliasState, AliasCommand, AliasEvent> = {
  decider: alias,
  commands: {
    'alias.register': { data: aliasCommandData['alias.register'], ...inScope },
    'alias.retarget': { data: aliasCommandData['alias.retarget'], ...inScope },
    'alias.rename': {
      data: aliasCommandData['alias.rename'],
      aggregates: ({ scope, name, newName }) => [...new Set([slotSubject(scope, name), slotSubject(scope, newName)])],
      permission: writeAlias,
    },
    'alias.describe': { data: aliasCommandData['alias.describe'], ...inScope },
    'alias.enable': { data: aliasCommandData['alias.enable'], ...inScope },
    'alias.disable': { data: aliasCommandData['alias.disable'], ...inScope },
    'alias.set-expiry': { data: aliasCommandData['alias.set-expiry'], ...inScope },
    'alias.transfer-ownership': { data: aliasCommandData['alias.transfer-ownership'], ...inScope },
    'alias.remove': { data: aliasCommandData['alias.remove'], ...inScope },
  },
  readEvent: readAliasEvent,
  versionOf: currentVersion,
}

function writeAlias({ scope }: Slot) {
  return { action: 'write', on: 'alias', scope } as const
}
