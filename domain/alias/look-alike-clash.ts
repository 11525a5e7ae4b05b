import { type Refusal, refuse } from '../decider.ts'
import { type AliasState, hasExpired, isLive } from './alias-state.ts'
import { deception } from './deceptive-name.ts'
import { nameKey } from './name-key.ts'

/** A name that an alias is about to take. */
export interface Wanted {
  readonly name: string
  /** Where a refusal points. */
  readonly field: 'name' | 'newName'
  /** The slot of the name, if the alias comes to it from elsewhere. */
  readonly slot?: AliasState | undefined
  /** The slot of what the name looks like, if that is another. */
  readonly look?: AliasState | undefined
  /** The name that the alias gives up for it: no clash with that one. */
  readonly instead?: string | undefined
}

/** Why a name may not be taken, for what it looks like by itself or to those who know the scope's other names. */
export function lookAlikeClash({ name, field, slot, look, instead }: Wanted, at: number): Refusal | undefined {
  const reason = deception(name)
  if (reason !== undefined) return refuse('deceptive_name', reason, field)
  const own = new Set([nameKey(name), ...(instead === undefined ? [] : [nameKey(instead)])])
  const others = [slot, look]
    .flatMap((state) => state?.lookAlikes ?? [])
    .filter((one) => !hasExpired(one.expiresAt, at))
  const plain = look !== undefined && isLive(look, at) ? [look] : []
  const clash = [...plain, ...others].find((one) => !own.has(nameKey(one.name)))
  if (clash === undefined) return undefined
  return refuse('look_alike_taken', `"${name}" looks like "${clash.name}", which is taken in this scope`, field)
}
