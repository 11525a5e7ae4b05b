import type { AliasIndexPointer } from '../../schemas/alias-index.ts'

/** An object of the index as a listing shows it: it holds all changes of the versions `from` to `to`; a base and its parts from 0. */
export interface ListedObject {
  readonly name: string
  readonly scopeKey: string
  readonly from: number
  readonly to: number
  readonly isPart: boolean
  /** Epoch milliseconds. */
  readonly storedAt: number
}

/** The pointer of a scope, and since when it says so (epoch milliseconds). */
export interface StandingPointer {
  readonly pointer: AliasIndexPointer
  readonly movedAt: number
}

/**
 * The names of the objects that no pointer has named for at least `keepMs`: those that were replaced, and those that
 * a crash left behind. When an object was replaced is told by what replaced it: the pointer had moved to that
 * version before the next was stored. List first, then read the pointers: what is pointed to meanwhile is then seen.
 */
export function collectableObjects(
  objects: readonly ListedObject[],
  pointers: ReadonlyMap<string, StandingPointer>,
  { now, keepMs }: { readonly now: number; readonly keepMs: number },
): readonly string[] {
  const scopes = Map.groupBy(objects, ({ scopeKey }) => scopeKey)
  return [...scopes].flatMap(([scopeKey, all]) => {
    const standing = pointers.get(scopeKey)
    if (standing === undefined) return []
    const named = namedObjects(standing.pointer)
    const heads = all.filter(({ isPart }) => !isPart).toSorted((a, b) => a.to - b.to)
    return all
      .filter((object) => !isNamed(object, standing.pointer, named))
      .filter((object) => (replacedAt(object, heads, standing) ?? Infinity) <= now - keepMs)
      .map(({ name }) => name)
  })
}

function namedObjects({ object, deltas }: AliasIndexPointer): ReadonlySet<string> {
  return new Set([object, ...deltas.map((delta) => delta.object)])
}

/** The pointer names a split base; its parts are named in it, and carry its version. */
function isNamed(object: ListedObject, pointer: AliasIndexPointer, named: ReadonlySet<string>): boolean {
  return object.isPart ? object.to === pointer.baseVersion : named.has(object.name)
}

/** The latest that the pointer can have named it, or undefined while nothing stands for what it holds. */
function replacedAt(
  object: ListedObject,
  heads: readonly ListedObject[],
  { pointer, movedAt }: StandingPointer,
): number | undefined {
  const successor = heads.find(({ from, to }) => to > object.to && from <= object.from)
  if (successor === undefined || successor.to > pointer.version) return undefined
  if (successor.to === pointer.version) return movedAt
  const later = heads.filter(({ to }) => to > successor.to).map(({ storedAt }) => storedAt)
  return Math.min(movedAt, ...later)
}
