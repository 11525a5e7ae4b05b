import { concurrently } from '../concurrently.ts'
import type { IndexPointers, ProgressMove } from './index-pointers.ts'
import type { WrittenVersion } from './version-draft.ts'

const IN_FLIGHT = 32

/**
 * Moves the pointers to these versions, and the progress key, at once: a watcher sees all of them or none. If one of them
 * stands elsewhere than it was read, the others are moved one by one, and the progress key stays.
 * Answers which scopes have moved, and the revision of the progress key if it has.
 */
export async function movePointers(
  pointers: IndexPointers,
  versions: readonly WrittenVersion[],
  progress?: ProgressMove,
): Promise<{ readonly moved: ReadonlySet<string>; readonly progressAt?: number }> {
  if (versions.length === 0 && progress === undefined) return { moved: new Set() }
  const all = await pointers.move(versions, progress)
  if (all !== false)
    return {
      moved: new Set(versions.map(({ scopeKey }) => scopeKey)),
      ...(progress === undefined ? {} : { progressAt: all }),
    }
  const each = await concurrently(versions, IN_FLIGHT, (version) => pointers.move([version]))
  return { moved: new Set(versions.filter((_, i) => each[i] !== false).map(({ scopeKey }) => scopeKey)) }
}
