import type { StoredSheet } from './key-bucket.ts'
import { keyIdOn, type KeyName, sheetOf } from './key-names.ts'

/** The ids of the keys of a sheet that were destroyed. */
export function destroyedOn(name: KeyName, { keys }: StoredSheet): ReadonlySet<string> {
  return new Set(keys.flatMap((key, place) => (key === null ? [keyIdOn(sheetOf(name), place)] : [])))
}
