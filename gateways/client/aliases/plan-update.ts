import type { AliasIndexPointer } from '../../../schemas/alias-index.ts'

export type DeltaReference = AliasIndexPointer['deltas'][number]

/** What leads from the content that is known to that of a pointer. */
export type UpdatePlan =
  | { readonly step: 'none' }
  /** The pointer is of the past: a lagging replica, or a publisher at fault. */
  | { readonly step: 'ignore' }
  | { readonly step: 'deltas'; readonly deltas: readonly DeltaReference[] }
  | { readonly step: 'anew' }
  | { readonly step: 'invalid'; readonly why: string }

/**
 * From one pointer to another: the deltas that are not known yet if they reach back to what is, else everything anew.
 * Versions of another epoch say nothing about those of this one.
 */
export function planUpdate(known: AliasIndexPointer | undefined, pointer: AliasIndexPointer): UpdatePlan {
  const gap = gapIn(pointer)
  if (gap !== undefined) return { step: 'invalid', why: gap }
  if (known === undefined || pointer.epoch > known.epoch) return { step: 'anew' }
  if (pointer.epoch < known.epoch || pointer.version < known.version) return { step: 'ignore' }
  if (pointer.version === known.version) return { step: 'none' }
  if (known.version < pointer.baseVersion) return { step: 'anew' }
  return { step: 'deltas', deltas: pointer.deltas.filter(({ to }) => to > known.version) }
}

function gapIn({ version, baseVersion, deltas }: AliasIndexPointer): string | undefined {
  let at = baseVersion
  for (const { from, to } of deltas) {
    if (from !== at + 1 || to < from) return `a delta of ${from} to ${to} does not continue version ${at}`
    at = to
  }
  return at === version ? undefined : `its deltas lead to version ${at}, not ${version}`
}
