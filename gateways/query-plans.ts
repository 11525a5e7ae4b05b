import type { z } from 'zod'
import type { Permission } from '../commands/access-policy.ts'
import { aliasQueryData } from '../schemas/queries/alias.ts'
import { auditQueryData } from '../schemas/queries/audit.ts'
import { channelQueryData } from '../schemas/queries/channel.ts'
import { FLEET_KINDS, type FleetKind, fleetQueryData, type FleetQueryType } from '../schemas/queries/fleet.ts'
import { deviceSyncQueryData } from '../schemas/queries/device-sync.ts'
import { observationQueryData } from '../schemas/queries/observation.ts'
import type { QueryType } from '../schemas/queries/query-data.ts'
import type { Scope } from '../schemas/scope.ts'
import type { Moment, PastQueries } from './past-queries.ts'
import type { Queries } from './queries.ts'
import { resolutionChain } from './resolution-chain.ts'

/** What one query needs to be allowed, and how it is answered; `undefined` means that there is nothing of that name. */
export interface QueryPlan {
  readonly permission: Permission
  /** Whose tables are read; left out: `aliases`. */
  readonly projector?:
    | 'aliases'
    | 'alias_index'
    | 'audit'
    | 'channels'
    | 'fleet'
    | 'telemetry'
    | 'device_sync'
    | 'device_credentials'
  readonly answer: (signal: AbortSignal) => Promise<object | undefined>
  /** What to say when there is nothing; of an alias, unless told. */
  readonly absent?: { readonly code: string; readonly message: string }
  /** The same as of a moment; absent where only the present is known. */
  readonly past?: {
    readonly answer: (moment: Moment, signal: AbortSignal) => Promise<object | undefined>
    /** The answer comes from the read model, which must have reached the moment. */
    readonly needsTables?: true
  }
}

/** Reads a query's data and plans it as of an instant (epoch milliseconds). */
type Planner = (data: unknown, at: number) => { readonly plan: QueryPlan } | { readonly error: z.ZodError }

/** How each type of query is read and answered. */
export function queryPlans(queries: Queries, past: PastQueries): ReadonlyMap<string, Planner> {
  const planners: Record<QueryType, Planner> = {
    // Asked of the scope it starts from: looking further up is what resolving means.
    'alias.resolve': planner(aliasQueryData['alias.resolve'], ({ from, name }, at) => ({
      permission: readAlias(from),
      answer: (signal) => queries.resolveAlias({ chain: resolutionChain(from), name, at }, signal),
      past: { answer: (moment) => past.resolveAlias({ chain: resolutionChain(from), name }, moment) },
    })),
    'alias.get': planner(aliasQueryData['alias.get'], (slot, at) => ({
      permission: readAlias(slot.scope),
      answer: (signal) => queries.getAlias({ ...slot, at }, signal),
      past: { answer: (moment) => past.getAlias(slot, moment) },
    })),
    'alias.history': planner(aliasQueryData['alias.history'], (query) => ({
      permission: readAlias(query.scope),
      answer: (signal) => queries.aliasHistory(query, signal),
      past: { answer: (moment, signal) => past.aliasHistory(query, moment, signal), needsTables: true },
    })),
    'alias.list': planner(aliasQueryData['alias.list'], (query, at) => ({
      permission: readAlias(query.scope),
      answer: (signal) => queries.listAliases({ ...query, at }, signal),
      past: { answer: (moment, signal) => past.listAliases(query, moment, signal), needsTables: true },
    })),
    'alias.count': planner(aliasQueryData['alias.count'], (_, at) => ({
      permission: { action: 'read', on: 'operations' },
      answer: (signal) => queries.countAliases({ at }, signal),
    })),
    'alias.versions': planner(aliasQueryData['alias.versions'], (query) => ({
      permission: readAlias(query.scope),
      projector: 'alias_index',
      answer: (signal) => queries.indexVersions(query, signal),
    })),
    'alias.diff': planner(aliasQueryData['alias.diff'], (query) => ({
      permission: readAlias(query.scope),
      projector: 'alias_index',
      answer: (signal) => queries.indexDiff(query, signal),
      absent: { code: 'version_not_found', message: 'the index of this scope has no such version' },
    })),
    'device-sync.requests': planner(deviceSyncQueryData['device-sync.requests'], (query) => ({
      permission: READ_OPERATIONS,
      projector: 'device_sync',
      answer: (signal) => queries.listSyncRequests(query, signal),
    })),
    'device-sync.acknowledgements': planner(deviceSyncQueryData['device-sync.acknowledgements'], (query) => ({
      permission: READ_OPERATIONS,
      projector: 'device_sync',
      answer: (signal) => queries.listSyncAcknowledgements(query, signal),
    })),
    'device-sync.manifest': planner(deviceSyncQueryData['device-sync.manifest'], (query) => ({
      permission: READ_OPERATIONS,
      projector: 'device_sync',
      answer: (signal) => queries.getSyncManifest(query, signal),
      absent: { code: 'manifest_not_found', message: 'no manifest of this id was ever handed out' },
    })),
    'device-sync.devices': planner(deviceSyncQueryData['device-sync.devices'], (query) => ({
      permission: READ_OPERATIONS,
      projector: 'device_credentials',
      answer: (signal) => queries.listSyncDevices(query, signal),
    })),
    'audit.list': planner(auditQueryData['audit.list'], (query) => ({
      permission: READ_AUDIT,
      projector: 'audit',
      answer: (signal) => queries.listAudit(query, signal),
    })),
    'audit.count': planner(auditQueryData['audit.count'], (query) => ({
      permission: READ_AUDIT,
      projector: 'audit',
      answer: (signal) => queries.countAudit(query, signal),
    })),
    'channel.get': planner(channelQueryData['channel.get'], (query) => ({
      permission: READ_CHANNEL,
      projector: 'channels',
      answer: (signal) => queries.getChannel(query, signal),
      absent: NO_CHANNEL,
    })),
    'channel.list': planner(channelQueryData['channel.list'], (query) => ({
      permission: READ_CHANNEL,
      projector: 'channels',
      answer: (signal) => queries.listChannels(query, signal),
    })),
    ...fleetPlanners(queries),
    'observation.get': planner(observationQueryData['observation.get'], (query) => ({
      permission: READ_OBSERVATION,
      projector: 'telemetry',
      answer: (signal) => queries.getObservation(query, signal),
      absent: { code: 'observation_not_found', message: 'no observation of such a channel' },
    })),
    'observation.list': planner(observationQueryData['observation.list'], (query) => ({
      permission: READ_OBSERVATION,
      projector: 'telemetry',
      answer: (signal) => queries.listObservations(query, signal),
      absent: NO_CHANNEL,
    })),
    'observation.series': planner(observationQueryData['observation.series'], (query) => ({
      permission: READ_OBSERVATION,
      projector: 'telemetry',
      answer: (signal) => queries.observationSeries(query, signal),
      absent: NO_CHANNEL,
    })),
  }
  return new Map(Object.entries(planners))
}

interface Page {
  readonly cursor?: string | undefined
  readonly limit: number
}

/** Every kind of thing in the fleet is got and listed alike. */
function fleetPlanners(queries: Queries): Record<FleetQueryType, Planner> {
  const shared = { permission: READ_FLEET, projector: 'fleet' } as const
  const get = (kind: FleetKind): [string, Planner] => [
    `${kind}.get`,
    planner(fleetQueryData[`${kind}.get`], (query) => ({
      ...shared,
      answer: (signal) => queries.getFleetThing({ kind, id: Object.values(query).join('') }, signal),
      absent: { code: `${kind}_not_found`, message: `no such ${kind}` },
    })),
  ]
  const list = (kind: FleetKind): [string, Planner] => [
    `${kind}.list`,
    planner<z.ZodType<Page>>(fleetQueryData[`${kind}.list`], ({ cursor, limit, ...filter }) => ({
      ...shared,
      answer: (signal) => queries.listFleetThings({ kind, filter, cursor, limit }, signal),
    })),
  ]
  return {
    ...(Object.fromEntries(FLEET_KINDS.flatMap((kind) => [get(kind), list(kind)])) as Record<FleetQueryType, Planner>),
    'device.sees': planner(fleetQueryData['device.sees'], (query) => ({
      ...shared,
      answer: (signal) => queries.deviceSight(query, signal),
      absent: { code: 'device_not_found', message: 'no such device' },
    })),
  }
}

const READ_FLEET: Permission = { action: 'read', on: 'fleet' }
const READ_OPERATIONS: Permission = { action: 'read', on: 'operations' }
const READ_AUDIT: Permission = { action: 'read', on: 'audit' }
const READ_CHANNEL: Permission = { action: 'read', on: 'channel' }
const READ_OBSERVATION: Permission = { action: 'read', on: 'observation' }
const NO_CHANNEL = { code: 'channel_not_found', message: 'no such channel' }

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
