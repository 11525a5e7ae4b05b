import type { IndexScope } from '../../schemas/alias-index.ts'
import type { AliasIndexEvent } from '../../schemas/events/alias-index.ts'
import { accept, type Decider, type Decision, refuse } from '../decider.ts'

/** The versions of one index scope: the last that was claimed, and the position whose content it has. 0: none yet. */
export interface AliasIndexState {
  readonly version: number
  readonly position: number
}

/** Claims a version. It must be later than all that were, and may know no less. */
export interface PublishIndex {
  readonly type: 'index.publish'
  readonly data: { readonly scope: IndexScope; readonly version: number; readonly position: number }
}

const NONE: AliasIndexState = { version: 0, position: 0 }

/** Rules of an index scope. A version number is used once; numbers may be left out, after a restored backup for one. */
export const aliasIndex: Decider<AliasIndexState, PublishIndex, AliasIndexEvent> = {
  initialState: NONE,
  decide,
  evolve: (_state, { data: { version, position } }) => ({ version, position }),
}

function decide({ data }: PublishIndex, states: readonly AliasIndexState[]): Decision<AliasIndexEvent> {
  const last = states[0] ?? NONE
  if (data.version <= last.version)
    return refuse('version_taken', `version ${data.version} is not after version ${last.version}`, 'version')
  if (data.position < last.position)
    return refuse('position_behind', `position ${data.position} is before that of version ${last.version}`, 'position')
  return accept({ type: 'index.published', data })
}
