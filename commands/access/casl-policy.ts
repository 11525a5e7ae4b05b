import { AbilityBuilder, createMongoAbility, type MongoAbility, type MongoQuery } from '@casl/ability'
import type { Actor, Role } from '../../schemas/actor.ts'
import type { Scope } from '../../schemas/scope.ts'
import type { AccessPolicy, Permission } from '../access-policy.ts'
import { deviceOf } from './device-of.ts'

/** What a rule's conditions look at: a permission with its scope. `level` is `any` where no scope was named. */
interface Asked {
  readonly on: Permission['on']
  readonly level: Scope['kind'] | 'any'
  readonly site?: string
  readonly node?: string
  readonly context?: string
  readonly device?: string
}

type Rules = MongoAbility<[Permission['action'], Permission['on'] | Asked], MongoQuery<Asked>>

/**
 * What each role may do:
 *
 * | role     | alias, channel                        | observation   | fleet                   | access     | operations | audit            |
 * |----------|---------------------------------------|---------------|-------------------------|------------|------------|------------------|
 * | admin    | read, write; also what others own     | read, write   | read, write, administer | administer | read       | read, administer |
 * | operator | read, write; also what others own     | read, write   | read, write             |            | read       | read             |
 * | service  | read, write what it owns              | read, write   | read, write             |            |            |                  |
 * | viewer   | read                                  | read          | read                    |            | read       |                  |
 * | device   | nothing: it has services of its own   | write its own |                         |            |            |                  |
 *
 * An actor with `scopes` has the alias rights there only (a site covers its nodes), so it must name a scope; and it
 * never administers access, or it could give itself an unconfined key. The audit, the fleet, channels and observations
 * are of all scopes: nobody who is confined has them. A device is the one that its token (`sub`) or its API key is called
 * after.
 */
export function createCaslPolicy(): AccessPolicy {
  // An actor is one object for as long as its credential is remembered, so its rules are built once.
  const rulesOf = new WeakMap<Actor, Rules>()
  return {
    allows(actor, permission) {
      let rules = rulesOf.get(actor)
      if (rules === undefined) rulesOf.set(actor, (rules = build(actor)))
      return rules.can(permission.action, asked(permission))
    },
    actsForOthers: (actor) => actor.roles.some((role) => role === 'admin' || role === 'operator'),
  }
}

function build({ roles, scopes, ...who }: Actor): Rules {
  const { can, build: built } = new AbilityBuilder<Rules>(createMongoAbility)
  const onAliases = (...actions: Permission['action'][]) => {
    if (scopes === undefined) can(actions, 'alias')
    else for (const scope of scopes) can(actions, 'alias', within(scope))
  }
  const onChannels = (observations: Permission['action'][], channels: Permission['action'][]) => {
    if (scopes !== undefined) return
    can(channels, 'channel')
    can(observations, 'observation')
  }
  const grant = (role: Role): void => {
    switch (role) {
      case 'admin':
        onAliases('read', 'write', 'administer')
        can('read', 'operations')
        if (scopes === undefined) can(['read', 'write', 'administer'], ['access', 'fleet', 'operations', 'audit'])
        onChannels(['read', 'write'], ['read', 'write'])
        return
      case 'operator':
        onAliases('read', 'write')
        can('read', 'operations')
        if (scopes === undefined) {
          can('read', 'audit')
          can(['read', 'write'], 'fleet')
        }
        onChannels(['read', 'write'], ['read', 'write'])
        return
      case 'service':
        onAliases('read', 'write')
        if (scopes === undefined) can(['read', 'write'], 'fleet')
        onChannels(['read', 'write'], ['read', 'write'])
        return
      case 'viewer':
        onAliases('read')
        onChannels(['read'], ['read'])
        can('read', 'operations')
        if (scopes === undefined) can('read', 'fleet')
        return
      case 'device':
        can('write', 'observation', { device: deviceOf(who) })
        return
    }
  }
  roles.forEach(grant)
  return built({ detectSubjectType: (subject) => subject.on })
}

/** What lies in this scope: itself and, for a site, its nodes. */
function within({ kind: level, ...names }: Scope): MongoQuery<Asked> {
  return { level: level === 'site' ? { $in: ['site', 'node'] } : level, ...names }
}

function asked({ on, scope, device }: Permission): Asked {
  const who = device === undefined ? {} : { device }
  if (scope === undefined) return { on, level: 'any', ...who }
  const { kind: level, ...names } = scope
  return { on, level, ...names, ...who }
}
