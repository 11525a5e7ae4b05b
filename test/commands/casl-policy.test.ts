import test from 'ava'
import type { Permission } from '../../commands/access-policy.ts'
import { createCaslPolicy } from '../../commands/access/casl-policy.ts'
import { type Actor, ROLES, type Role } from '../../schemas/actor.ts'
import { actorId } from '../../schemas/ids.ts'
import type { Scope } from '../../schemas/scope.ts'

const policy = createCaslPolicy()
const as = (roles: readonly Role[], scopes?: readonly Scope[]): Actor => ({
  id: actorId.parse('ada'),
  roles: [...roles],
  ...(scopes === undefined ? {} : { scopes: [...scopes] }),
})

const everywhere: Scope = { kind: 'global' }
const site: Scope = { kind: 'site', site: 'KSEA' }
const node: Scope = { kind: 'node', site: 'KSEA', node: 'gate-4' }
const context: Scope = { kind: 'context', context: 'frontend' }
const alias = (action: Permission['action'], scope?: Scope): Permission => ({
  action,
  on: 'alias',
  ...(scope === undefined ? {} : { scope }),
})

const rights: Record<string, { asks: Permission; roles: readonly Role[] }> = {
  'read aliases': { asks: alias('read', site), roles: ['admin', 'operator', 'viewer', 'service'] },
  'read aliases of all scopes': { asks: alias('read'), roles: ['admin', 'operator', 'viewer', 'service'] },
  'write aliases': { asks: alias('write', site), roles: ['admin', 'operator', 'service'] },
  'administer aliases': { asks: alias('administer', site), roles: ['admin'] },
  'read operations': { asks: { action: 'read', on: 'operations' }, roles: ['admin', 'operator', 'viewer'] },
  'administer operations': { asks: { action: 'administer', on: 'operations' }, roles: ['admin'] },
  'read channels': { asks: { action: 'read', on: 'channel' }, roles: ['admin', 'operator', 'viewer', 'service'] },
  'write channels': { asks: { action: 'write', on: 'channel' }, roles: ['admin', 'operator', 'service'] },
  'read observations': {
    asks: { action: 'read', on: 'observation' },
    roles: ['admin', 'operator', 'viewer', 'service'],
  },
  'send observations of any device': {
    asks: { action: 'write', on: 'observation', device: 'gate-4' },
    roles: ['admin', 'operator', 'service'],
  },
  'send observations of a device of that name': {
    asks: { action: 'write', on: 'observation', device: 'ada' },
    roles: ['admin', 'operator', 'service', 'device'],
  },
  'read access': { asks: { action: 'read', on: 'access' }, roles: ['admin'] },
  'read the fleet': { asks: { action: 'read', on: 'fleet' }, roles: ['admin', 'operator', 'viewer', 'service'] },
  'write the fleet': { asks: { action: 'write', on: 'fleet' }, roles: ['admin', 'operator', 'service'] },
  'administer the fleet': { asks: { action: 'administer', on: 'fleet' }, roles: ['admin'] },
  'administer access': { asks: { action: 'administer', on: 'access' }, roles: ['admin'] },
}

for (const [title, { asks, roles }] of Object.entries(rights))
  test(`who may ${title}`, (t) => {
    for (const role of ROLES) t.is(policy.allows(as([role]), asks), roles.includes(role), role)
  })

test('nobody who is confined has channels or observations: they are of all scopes', (t) => {
  for (const role of ['admin', 'operator', 'viewer', 'service'] as const)
    for (const on of ['channel', 'observation'] as const)
      t.false(policy.allows(as([role], [site]), { action: 'read', on }), `${role} ${on}`)
})

test('who acts for others', (t) => {
  for (const role of ROLES) t.is(policy.actsForOthers(as([role])), role === 'admin' || role === 'operator', role)
})

test('a site covers its nodes and nothing else', (t) => {
  const actor = as(['operator'], [site])
  const may = (scope?: Scope) => policy.allows(actor, alias('write', scope))
  t.true(may(site))
  t.true(may(node))
  t.false(may({ kind: 'site', site: 'ksea' }))
  t.false(may({ kind: 'node', site: 'KPDX', node: 'gate-4' }))
  t.false(may(everywhere))
  t.false(may(context))
  t.false(may({ kind: 'context', context: 'KSEA' }))
  t.false(may(), 'all scopes are more than these')
})

test('a node, a context and the global scope cover just themselves', (t) => {
  const all = [everywhere, site, node, context]
  for (const own of [everywhere, node, context])
    for (const scope of all)
      t.is(policy.allows(as(['service'], [own]), alias('write', scope)), scope === own, `${own.kind} → ${scope.kind}`)
})

test('several scopes add up; none means nowhere', (t) => {
  const actor = as(['viewer'], [node, context])
  t.true(policy.allows(actor, alias('read', node)))
  t.true(policy.allows(actor, alias('read', context)))
  t.false(policy.allows(actor, alias('read', site)))
  t.false(policy.allows(as(['admin'], []), alias('read', site)))
})

test('a confined administrator cannot give itself more', (t) => {
  const actor = as(['admin'], [site])
  t.true(policy.allows(actor, alias('administer', node)))
  t.false(policy.allows(actor, { action: 'administer', on: 'access' }))
  t.false(policy.allows(actor, { action: 'administer', on: 'operations' }))
  t.false(policy.allows(actor, { action: 'read', on: 'fleet' }), 'the fleet is of all scopes')
})
