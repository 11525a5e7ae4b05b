import type { z } from 'zod'
import type { Permission } from '../commands/access-policy.ts'
import { type AliasQueryType, aliasQueryData } from '../schemas/queries/alias.ts'
import type { Scope } from '../schemas/scope.ts'
import type { Queries } from './queries.ts'
import { resolutionChain } from './resolution-chain.ts'

/** What one query needs to be allowed, and how it is answered; `undefined` means that there is nothing of that name. */
export interface QueryPlan {
  readonly permission: Permission
  readonly answer: (signal: AbortSignal) => Promise<object | undefined>
  /** What to say when there is nothing; of an alias, unless told. */
  readonly absent?: { readonly code: string; readonly message: string }
}

/** Reads a query's data and plans it as of an instant (epoch milliseconds). */
type Planner = (data: unknown, at: number) => { readonly plan: QueryPlan } | { readonly error: z.ZodError }

/** How each type of query is read and answered. */
export function queryPlans(queries: Queries): ReadonlyMap<string, Planner> {
  const planners: Record<AliasQueryType, Planner> = {
    // Asked of the scope it starts from: looking further up is what resolving means.
    'alias.resolve': planner(aliasQueryData['alias.resolve'], ({ from, name }, at) => ({
      permission: readAlias(from),
      answer: (signal) => queries.resolveAlias({ chain: resolutionChain(from), name, at }, signal),
    })),
    'alias.get': planner(aliasQueryData['alias.get'], (slot, at) => ({
      permission: readAlias(slot.scope),
      answer: (signal) => queries.getAlias({ ...slot, at }, signal),
    })),
    'alias.history': planner(aliasQueryData['alias.history'], (query) => ({
      permission: readAlias(query.scope),
      answer: (signal) => queries.aliasHistory(query, signal),
    })),
    'alias.list': planner(aliasQueryData['alias.list'], (query, at) => ({
      permission: readAlias(query.scope),
      answer: (signal) => queries.listAliases({ ...query, at }, signal),
    })),
    'alias.count': planner(aliasQueryData['alias.count'], (_, at) => ({
      permission: { action: 'read', on: 'operations' },
      answer: (signal) => queries.countAliases({ at }, signal),
    })),
    'alias.versions': planner(aliasQueryData['alias.versions'], (query) => ({
      permission: readAlias(query.scope),
      answer: (signal) => queries.indexVersions(query, signal),
    })),
    'alias.diff': planner(aliasQueryData['alias.diff'], (query) => ({
      permission: readAlias(query.scope),
      answer: (signal) => queries.indexDiff(query, signal),
      absent: { code: 'version_not_found', message: 'the index of this scope has no such version' },
    })),
  }
  return new Map(Object.entries(planners))
}

function planner<Shape extends z.ZodType>(
  shape: Shape,
  plan: (data: z.infer<Shape>, at: number) => QueryPlan,
): Planner {
  return (input, at) => {
    const read = shape.safeParse(input)
    return read.success ? { plan: plan(read.data, at) } : { error: read.error }
  }
}

function readAlias(scope: Scope | undefined): Permission {
  return scope === undefined ? { action: 'read', on: 'alias' } : { action: 'read', on: 'alias', scope }
}
