import type { LRUCache } from 'lru-cache'
import type { ClientBase } from 'pg'
import { planVersion } from '../../domain/alias-index/plan-version.ts'
import type { AliasIndexPointer } from '../../schemas/alias-index.ts'
import { indexScopeOfKey } from '../../schemas/alias-index-keys.ts'
import type { Position } from '../../schemas/position.ts'
import { concurrently } from '../concurrently.ts'
import type { Claim } from './index-claims.ts'
import type { IndexPointers, Placed } from './index-pointers.ts'
import type { IndexPorts } from './index-ports.ts'
import type { KnownVersions } from './known-versions.ts'
import { countChanged, countLive } from './read-index.ts'
import { UnreadablePointer } from './unreadable-pointer.ts'
import type { DueScope, VersionDraft } from './version-draft.ts'

/** Reads and claims under way at a time. */
const IN_FLIGHT = 64

export interface DraftContext {
  readonly ports: IndexPorts
  readonly client: ClientBase
  readonly versions: KnownVersions
  /** Bytes of a base with all its parts, by the name of its object. */
  readonly baseBytes: LRUCache<string, number>
  /** Scopes that need a base, whatever their pointer says. */
  readonly rebase: ReadonlySet<string>
  /** Scopes whose last claimed version cannot be finished: something else has its name. */
  readonly abandoned: ReadonlySet<string>
}

/**
 * Claims the next version of each scope that has something new, and plans how to write it. A version that was claimed before
 * a crash is taken up again, if the tables still are what it is to hold; if they have gone on, the next one covers it.
 * A scope whose pointer cannot be read is told to `onFault`, and left as it is: what stands there may be of newer code.
 */
export async function draftVersions(
  context: DraftContext,
  due: readonly DueScope[],
  at: Position,
  onFault: (scope: DueScope, error: UnreadablePointer) => void,
): Promise<readonly VersionDraft[]> {
  const { ports, client, versions } = context
  const [pointers, last] = [
    await concurrently(due, IN_FLIGHT, ({ scopeKey }) => readPointer(ports.pointers, scopeKey)),
    await versions.last(due.map(({ scopeKey }) => scopeKey)),
  ]
  const dirty = due.flatMap((scope, i) => {
    const before = pointers[i]
    if (before instanceof UnreadablePointer) {
      onFault(scope, before)
      return []
    }
    const known = { ...scope, before, last: last.get(scope.scopeKey) }
    return isDirty(context, known, at) ? [known] : []
  })
  const claimed = await concurrently(dirty, IN_FLIGHT, async (scope) => ({
    ...scope,
    claim: await claimVersion(context, scope, at),
  }))
  const isCurrent = ({ before }: Known): boolean => before?.value.epoch === at.epoch
  const changed = await countChanged(
    client,
    claimed.map(({ scopeKey, ...scope }) => ({
      scopeKey,
      after: isCurrent({ scopeKey, ...scope }) ? (scope.before?.value.position ?? 0) : 0,
    })),
    ports.splitAbove + 1,
  )
  const planned = await concurrently(
    claimed.map((scope, i) => ({ ...scope, names: changed[i] ?? 0 })),
    IN_FLIGHT,
    async ({ names, ...scope }) => {
      const mustBeBase = !isCurrent(scope) || context.rebase.has(scope.scopeKey) || names > ports.splitAbove
      if (scope.before === undefined || mustBeBase) return { ...scope, names, plan: { kind: 'base' } as const }
      const { value: pointer } = scope.before
      return { ...scope, names, plan: planVersion(pointer, { names, baseBytes: await baseBytes(context, pointer) }) }
    },
  )
  return withRows(context, planned)
}

async function readPointer(
  pointers: IndexPointers,
  scopeKey: string,
): Promise<Placed<AliasIndexPointer> | UnreadablePointer | undefined> {
  try {
    return await pointers.read(scopeKey)
  } catch (error) {
    if (error instanceof UnreadablePointer) return error
    throw error
  }
}

interface Known extends DueScope {
  readonly before: Placed<AliasIndexPointer> | undefined
  readonly last: Claim | undefined
}

function isDirty({ rebase }: DraftContext, { scopeKey, changedAt, before, last }: Known, at: Position): boolean {
  if (before === undefined) return changedAt > 0 || last !== undefined
  if (before.value.epoch !== at.epoch || rebase.has(scopeKey)) return true
  return changedAt > before.value.position || (last?.version ?? 0) > before.value.version
}

async function claimVersion({ ports, versions, abandoned }: DraftContext, scope: Known, at: Position): Promise<Claim> {
  const { scopeKey, changedAt, before } = scope
  const indexScope = indexScopeOfKey(scopeKey)
  const published = before?.value.version ?? 0
  let { last } = scope
  for (let tries = 0; tries < TRIES; tries++) {
    const isUnfinished = !abandoned.has(scopeKey) && (last?.version ?? 0) > published
    if (last !== undefined && isUnfinished && changedAt <= last.position) return last
    const version = Math.max(published, last?.version ?? 0) + 1
    const claim = await ports.claims.claim(indexScope, { version, position: at.sequence }, last)
    if (claim !== undefined) {
      versions.add(scopeKey, claim)
      return claim
    }
    last = await ports.claims.latest(indexScope, last)
    if (last !== undefined) versions.add(scopeKey, last)
  }
  throw new Error(`versions of ${scopeKey} are claimed by somebody else`)
}

/** As often a claim is tried: a claim that another publisher made meanwhile is taken up, or passed over. */
const TRIES = 3

async function baseBytes({ ports, baseBytes: known }: DraftContext, pointer: AliasIndexPointer): Promise<number> {
  const { object, bytes } = pointer
  const found = known.get(object) ?? (await ports.objects.label(object))?.totalBytes ?? bytes
  known.set(object, found)
  return found
}

type Planned = Known & Pick<VersionDraft, 'claim' | 'plan'> & { readonly names: number }

/** A delta that stands for earlier versions too holds the rows changed since the one before them. */
async function withRows(
  { client, versions, ports }: DraftContext,
  planned: readonly Planned[],
): Promise<readonly VersionDraft[]> {
  const merging = planned.flatMap(({ scopeKey, plan, before }) =>
    plan.kind === 'delta' && before !== undefined && plan.from <= before.value.version
      ? [{ scopeKey, version: plan.from - 1 }]
      : [],
  )
  const positions = await versions.positions(merging)
  const afterOf = new Map(merging.map(({ scopeKey }, i) => [scopeKey, positions[i]]))
  const drafts = planned.map(({ scopeKey, claim, before, plan, names }): VersionDraft => {
    const after = afterOf.has(scopeKey) ? afterOf.get(scopeKey) : (before?.value.position ?? 0)
    // The log no longer tells where a version was: only a base is sure to hold everything.
    if (plan.kind === 'base' || after === undefined)
      return { scopeKey, claim, before, plan: { kind: 'base' }, after: 0, rows: 0 }
    return { scopeKey, claim, before, plan, after, rows: names }
  })
  const bases = drafts.filter(({ plan }) => plan.kind === 'base').map(({ scopeKey }) => scopeKey)
  const merged = drafts.filter(({ scopeKey, plan }) => plan.kind === 'delta' && afterOf.has(scopeKey))
  const live = await countLive(client, bases, COUNTED)
  const more = await countChanged(client, merged, ports.splitAbove)
  const rows = new Map([
    ...bases.map((scopeKey, i) => [scopeKey, live[i] ?? 0] as const),
    ...merged.map(({ scopeKey }, i) => [scopeKey, more[i] ?? 0] as const),
  ])
  return drafts.map((draft) => ({ ...draft, rows: rows.get(draft.scopeKey) ?? draft.rows }))
}

/** Beyond this a scope has parts without end anyway. */
const COUNTED = 1_000_000_000
