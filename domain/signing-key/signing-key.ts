import type { SigningKeyCommand } from '../../schemas/commands/signing-key.ts'
import type { SigningKeyEvent } from '../../schemas/events/signing-key.ts'
import { accept, type Decider, refuse } from '../decider.ts'

/** The last rotation of the keys that sign manifests, as far as anybody noted it. */
export interface SigningKeyState {
  /** 0 before the first. */
  readonly version: number
  readonly signs: string | null
}

/** What was noted stands: a rotation is noted once, and none before it afterwards. */
export const signingKey: Decider<SigningKeyState, SigningKeyCommand, SigningKeyEvent> = {
  initialState: { version: 0, signs: null },
  evolve: (_, { data: { version, signs } }) => ({ version, signs }),
  decide({ data }, [state]) {
    const { version = 0, signs = null } = state ?? {}
    if (data.version === version && data.signs === signs) return accept(undefined)
    if (data.version <= version)
      return refuse('older_rotation', `version ${version} was noted before; these keys are older, or others`, 'version')
    return accept({ type: 'signing-key.rotated', data })
  },
}
