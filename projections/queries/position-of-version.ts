import type { IndexScope } from '../../schemas/alias-index.ts'
import { findIndexVersion } from './index-versions.ts'
import type { Read } from './read.ts'

/** The log position whose content version `version` of a scope's index has; `undefined` when there is no such version. */
export async function positionOfVersion(read: Read, scope: IndexScope, version: number): Promise<number | undefined> {
  return (await findIndexVersion(read, { scope, version }))?.position
}
