import { concurrently } from '../concurrently.ts'
import type { IndexPointers, ProgressMove } from './index-pointers.ts'
import type { WrittenVersion } from './version-draft.ts'

const IN_FLIGHT = 32

/**
 * Moves the pointers to these versions at once, so that a watcher sees all of them or none, and the progress key with
 * them or right after. If one of them stands elsewhere than it was read, the others are moved one by one, and the
 * progress key stays.
 * Answers which scopes have moved, and the revision of the progress key if it has.
 */
export async function movePointers(
  pointers: IndexPointers,
  versions: readonly WrittenVersion[],
  progress?: ProgressMove,
): Promise<{ readonly moved: ReadonlySet<string>; readonly progressAt?: number }> {
  if (versions.length === 0 && progress === undefined) return { moved: new Set() }
  // One alone is there a few milliseconds sooner than a batch of two.
  if (versions.length === 1 && progress !== undefined) {
    const first = await movePointers(pointers, versions)
    if (first.moved.size === 0) return first
    return { ...(await movePointers(pointers, [], progress)), moved: first.moved }
  }
  const all = await pointers.move(versions, progress)
  if (all !== false)
    return {
      moved: new Set(versions.map(({ scopeKey }) => scopeKey)),
      ...(progress === undefined ? {} : { progressAt: all }),
    }
  const each = await concurrently(versions, IN_FLIGHT, (version) => pointers.move([version]))
  return { moved: new Set(versions.filter((_, i) => each[i] !== false).map(({ scopeKey }) => scopeKey)) }
}
