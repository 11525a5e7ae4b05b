import type { AliasCommand, AliasExpiry, AliasOperation, AliasSetOperation } from '../../schemas/commands/alias.ts'
import type { AliasEvent } from '../../schemas/events/alias.ts'
import type { Decider, Decision, DecisionContext } from '../decider.ts'
import { type AliasState, FREE } from './alias-state.ts'
import { decideOperation } from './decide-operation.ts'
import { decideSteps, type LookAlikePolicy, type Step, type StepPlan } from './decide-steps.ts'
import { evolveAlias } from './evolve-alias.ts'
import { indexSlots, slotsOfOperation, type StepOperation } from './slot-index.ts'
import type { AggregateSubject } from '../../schemas/subjects.ts'

export { type AliasState, isLive, type TakenSlot } from './alias-state.ts'

/** Rules of slots. Look-alike names are refused; {@link aliasRules} can allow them. */
export const alias: Decider<AliasState, AliasCommand, AliasEvent> = aliasRules('refuse')

/** Rules of slots under a policy for names that look like others. */
export function aliasRules(lookAlikes: LookAlikePolicy): Decider<AliasState, AliasCommand, AliasEvent> {
  return {
    initialState: FREE,
    evolve: evolveAlias,
    decide(command, states, context) {
      if (command.type === 'alias.apply-change-set' || command.type === 'alias.restore-slots') {
        const onConflict = command.type === 'alias.restore-slots' ? 'skip' : command.data.onConflict
        return decideSteps(planOf(command), states, context, { lookAlikes, onConflict })
      }
      return decideOne(command, states, context, lookAlikes)
    },
  }
}

/** The distinct slots that a command is about, in the order that `decide` takes their states in. */
export function slotsOf(command: AliasCommand): readonly AggregateSubject[] {
  if (command.type === 'alias.apply-change-set' || command.type === 'alias.restore-slots')
    return planOf(command).subjects
  return slotsOfOperation(command)
}

/** Most names look like nothing but themselves: then the rules of the operation are all there is to ask. */
function decideOne(
  operation: AliasOperation | AliasExpiry,
  states: readonly AliasState[],
  context: DecisionContext,
  lookAlikes: LookAlikePolicy,
): Decision<AliasEvent> {
  const { name } = operation.data
  const names = operation.type === 'alias.rename' ? name + operation.data.newName : name
  if (ASCII.test(names) && states.every((state) => state.lookAlikes === undefined))
    return decideOperation(operation, states, context)
  return decideSteps(planOf(operation), states, context, { lookAlikes, onConflict: 'refuse' })
}

const ASCII = /^[\x20-\x7e]*$/

/** Plans by the data of their commands: a set's slots are asked for first, and then it is decided. */
const plans = new WeakMap<object, StepPlan>()

function planOf(command: AliasCommand): StepPlan {
  let plan = plans.get(command.data)
  if (plan === undefined) {
    const steps = stepsOf(command)
    plan = { steps, ...indexSlots(steps.map(({ operation }) => operation)) }
    plans.set(command.data, plan)
  }
  return plan
}

function stepsOf(command: AliasCommand): readonly Step[] {
  if (command.type === 'alias.apply-change-set')
    return command.data.operations.map((operation, n) => ({
      operation: operationOf(operation),
      path: `operations.${n}`,
      expectedRevision: operation.expectedRevision,
    }))
  if (command.type === 'alias.restore-slots')
    return command.data.slots.map((data, n) => ({
      operation: { type: 'alias.restore', data },
      path: `slots.${n}`,
      expectedRevision: data.expectedRevision,
    }))
  return [{ operation: command, path: '' }]
}

function operationOf(operation: AliasSetOperation): StepOperation {
  const { op, expectedRevision: _, ...data } = operation
  return { type: `alias.${op}`, data } as AliasOperation
}
