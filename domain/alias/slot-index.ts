import type { AliasExpiry, AliasOperation, FormerSlot } from '../../schemas/commands/alias.ts'
import { type Scope, scopeParts } from '../../schemas/scope.ts'
import { type AggregateSubject, aggregateSubject } from '../../schemas/subjects.ts'
import { lookOf } from './look.ts'
import { nameKey } from './name-key.ts'
import { slotSubject } from './slot.ts'

/** What a step of a command does: an operation, or bringing a slot back to what it was. */
export type StepOperation = AliasOperation | AliasExpiry | { readonly type: 'alias.restore'; readonly data: FormerSlot }

/** The slots that one operation is about, as places in the command's list of slots. */
export interface Places {
  readonly slot: number
  /** Of a rename to another slot. */
  readonly destination?: number
  /** Where names that look like the slot's (the destination's) are noted, unless that is the slot itself. */
  readonly look?: number
  readonly destinationLook?: number
}

/**
 * The distinct slots that operations are about, in order, and which are whose. Beside the slots that they name, those are
 * the slots of the names' looks, where the coming and going of names is noted: so two names of one look always meet in a
 * slot, and its concurrency check keeps them apart. The look of most names is their own key.
 */
export function indexSlots(operations: readonly StepOperation[]): {
  readonly subjects: readonly AggregateSubject[]
  readonly places: readonly Places[]
} {
  const index = new Map<AggregateSubject, number>()
  const place = (subject: AggregateSubject): number => {
    const known = index.get(subject)
    if (known !== undefined) return known
    index.set(subject, index.size)
    return index.size - 1
  }
  const places = operations.map((operation): Places => {
    const { scope, name } = operation.data
    const [subject, lookSubject] = slotsOfName(scope, name)
    const slot = place(subject)
    const look = lookSubject !== undefined && changesWhoIsThere(operation) ? place(lookSubject) : undefined
    const here = { slot, ...(look === undefined ? {} : { look }) }
    if (operation.type !== 'alias.rename') return here
    const [newSubject, newLook] = slotsOfName(scope, operation.data.newName)
    const destination = place(newSubject)
    if (destination === slot) return here
    return { ...here, destination, ...(newLook === undefined ? {} : { destinationLook: place(newLook) }) }
  })
  return { subjects: [...index.keys()], places }
}

/** The same for one operation alone. */
export function slotsOfOperation(operation: StepOperation): readonly AggregateSubject[] {
  if (operation.type === 'alias.rename') return indexSlots([operation]).subjects
  const slots = slotsOfName(operation.data.scope, operation.data.name)
  return changesWhoIsThere(operation) ? slots.filter((subject) => subject !== undefined) : [slots[0]]
}

function changesWhoIsThere({ type }: StepOperation): boolean {
  switch (type) {
    case 'alias.register':
    case 'alias.rename':
    case 'alias.set-expiry':
    case 'alias.remove':
    case 'alias.expire':
    case 'alias.restore':
      return true
    case 'alias.retarget':
    case 'alias.describe':
    case 'alias.enable':
    case 'alias.disable':
    case 'alias.transfer-ownership':
      return false
  }
}

/** The slot of a name, and where names that look like it are noted, unless that is the slot itself. */
export function slotsOfName(scope: Scope, name: string): readonly [slot: AggregateSubject, look?: AggregateSubject] {
  const key = nameKey(name)
  const look = lookOf(key)
  const slot = aggregateSubject('alias', ...scopeParts(scope), key)
  return look === key ? [slot] : [slot, slotSubject(scope, look)]
}
