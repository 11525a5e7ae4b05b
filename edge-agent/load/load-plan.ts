import type { DeviceTable } from '../../schemas/device-sync/device-tables.ts'
import type { ManifestTable } from '../../schemas/device-sync/manifest.ts'
import type { MergeParts } from './merge.ts'

/** How tables are made what they are to be: see docs/edge.md. */
export const TACTICS = ['shadow', 'diff', 'truncate'] as const
export type Tactic = (typeof TACTICS)[number]

/** One table that is not what the manifest says. */
export interface TablePlan {
  readonly table: DeviceTable
  readonly wanted: ManifestTable
  readonly tactic: Tactic
  /** For `diff`. */
  readonly parts?: MergeParts
  /** It stands in the database in the form of the catalogue. */
  readonly fits: boolean
  readonly isPresent: boolean
}

export interface LoadPlan {
  readonly changed: readonly TablePlan[]
  /** Tables of the catalogue before, which are no more. */
  readonly gone: readonly string[]
}
