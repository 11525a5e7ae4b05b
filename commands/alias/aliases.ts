import type { z } from 'zod'
import { aliasRules, type AliasState, slotsOf } from '../../domain/alias/alias.ts'
import type { LookAlikePolicy } from '../../domain/alias/decide-steps.ts'
import {
  type AliasCommand,
  aliasCommandData,
  type AliasOperationType,
  expireData,
  restoreSlotsData,
} from '../../schemas/commands/alias.ts'
import type { AliasEvent } from '../../schemas/events/alias.ts'
import { currentVersion } from '../../schemas/events/current-version.ts'
import { readAliasEvent } from '../../schemas/events/read-alias-event.ts'
import { type Scope, scopeParts } from '../../schemas/scope.ts'
import type { Permission } from '../access-policy.ts'
import type { AggregateDefinition, CommandDefinition } from '../command-handler.ts'

type Definition = AggregateDefinition<AliasState, AliasCommand, AliasEvent>
type Data<T extends AliasCommand['type']> = Extract<AliasCommand, { type: T }>['data']

/** How alias commands and events are read, under a policy for names that look like others. */
export function aliasesUnder(lookAlikes: LookAlikePolicy): Definition {
  return {
    decider: aliasRules(lookAlikes),
    commands: {
      'alias.register': operation('alias.register', aliasCommandData['alias.register']),
      'alias.retarget': operation('alias.retarget', aliasCommandData['alias.retarget']),
      'alias.rename': operation('alias.rename', aliasCommandData['alias.rename']),
      'alias.describe': operation('alias.describe', aliasCommandData['alias.describe']),
      'alias.enable': operation('alias.enable', aliasCommandData['alias.enable']),
      'alias.disable': operation('alias.disable', aliasCommandData['alias.disable']),
      'alias.set-expiry': operation('alias.set-expiry', aliasCommandData['alias.set-expiry']),
      'alias.transfer-ownership': operation('alias.transfer-ownership', aliasCommandData['alias.transfer-ownership']),
      'alias.remove': operation('alias.remove', aliasCommandData['alias.remove']),
      'alias.apply-change-set': {
        data: aliasCommandData['alias.apply-change-set'],
        aggregates: (data) => slotsOf({ type: 'alias.apply-change-set', data }),
        permission: ({ operations }) => everyScope('write', operations),
      },
      'alias.expire': {
        data: expireData,
        aggregates: (data) => slotsOf({ type: 'alias.expire', data }),
        permission: ({ scope }) => ({ action: 'administer', on: 'alias', scope }),
        internal: true,
      },
      'alias.restore-slots': {
        data: restoreSlotsData,
        aggregates: (data) => slotsOf({ type: 'alias.restore-slots', data }),
        permission: ({ slots }) => everyScope('administer', slots),
        internal: true,
      },
    },
    readEvent: readAliasEvent,
    versionOf: currentVersion,
  }
}

/** How alias commands and events are read, where names that look like others are refused. */
export const aliases: Definition = aliasesUnder('refuse')

function operation<T extends AliasOperationType>(type: T, data: z.ZodType<Data<T>>): CommandDefinition<Data<T>> {
  return {
    data,
    aggregates: (of) => slotsOf({ type, data: of } as AliasCommand),
    permission: ({ scope }) => ({ action: 'write', on: 'alias', scope }),
  }
}

/** A set of commands needs what each of them needs, asked once per scope. */
function everyScope(action: Permission['action'], slots: readonly { readonly scope: Scope }[]): readonly Permission[] {
  const scopes = new Map(slots.map(({ scope }) => [scopeParts(scope).join('\n'), scope]))
  return [...scopes.values()].map((scope) => ({ action, on: 'alias', scope }))
}
