import type { AliasIndexPointer } from '../../schemas/alias-index.ts'

/** How a version is written: a whole base, or one delta that stands for `from` and all versions after it. */
export type VersionPlan = { readonly kind: 'base' } | { readonly kind: 'delta'; readonly from: number }

/** About what one more name costs in an object, an object costs without names, and a reference in the pointer, in bytes. */
const ENTRY_BYTES = 48
const OBJECT_BYTES = 160
const REFERENCE_BYTES = 150

/** A pointer has room for no more. */
const MAX_DELTAS = 32
/** The newest deltas are merged with the new one until the one before is larger than so many times the merged one. */
const FAN_OUT = 4
/** A delta of so many bytes is not merged further: a client reads it in one piece. */
const LARGE = 32_768 * ENTRY_BYTES
/** The base is written anew when its deltas have grown to this fraction of it, */
const BASE_FRACTION = 1 / 8
/** but for so few bytes only where that is cheaper at once. */
const SMALL = 4096

/**
 * Every name is rewritten once per level of merging, and levels grow geometrically: so a change costs bytes in the
 * order of the logarithm of the index, the base's share in it is constant, and the pointer stays short.
 * `names`: how many have changed since the pointer's version. `baseBytes`: of the base with all its parts.
 */
export function planVersion(
  pointer: Pick<AliasIndexPointer, 'version' | 'deltas'>,
  change: { readonly names: number; readonly baseBytes: number },
): VersionPlan {
  const { deltas } = pointer
  let bytes = OBJECT_BYTES + ENTRY_BYTES * change.names
  let kept = deltas.length
  for (let last = deltas[kept - 1]; last !== undefined; last = deltas[kept - 1]) {
    const isDistinct = last.bytes > FAN_OUT * bytes || last.bytes + bytes > LARGE
    if (kept < MAX_DELTAS && isDistinct) break
    bytes += Math.max(0, last.bytes - OBJECT_BYTES)
    kept--
  }
  const written = bytes + REFERENCE_BYTES * (kept + 1)
  const total = bytes + deltas.slice(0, kept).reduce((sum, delta) => sum + delta.bytes, 0)
  const isCheaper = change.baseBytes + total - OBJECT_BYTES <= written
  const isOvergrown = total > Math.max(SMALL, change.baseBytes * BASE_FRACTION)
  if (isCheaper || isOvergrown) return { kind: 'base' }
  return { kind: 'delta', from: deltas[kept]?.from ?? pointer.version + 1 }
}
