import type { CompanyCommand } from '../../schemas/commands/company.ts'
import type { CompanyEvent } from '../../schemas/events/company.ts'
import { accept, type Decider, type Decision, type DecisionContext } from '../decider.ts'
import { refuseInUse, refuseMissing, refuseTaken } from './refuse-missing.ts'

/** A company: what the locations, groups and users of a fleet belong to. A removed one never comes back. */
export type CompanyState = { readonly status: 'none' | 'removed' } | RegisteredCompany

export interface RegisteredCompany {
  readonly status: 'registered'
  readonly name: string
}

const NONE: CompanyState = { status: 'none' }

export const company: Decider<CompanyState, CompanyCommand, CompanyEvent> = { initialState: NONE, decide, evolve }

function decide(
  command: CompanyCommand,
  [state = NONE]: readonly CompanyState[],
  { referrers = [] }: DecisionContext,
): Decision<CompanyEvent> {
  const { companyId } = command.data
  if (command.type === 'company.register')
    return state.status === 'none'
      ? accept({ type: 'company.registered', data: command.data })
      : refuseTaken('company', companyId, state)
  if (command.type === 'company.remove' && state.status === 'removed') return accept()
  if (state.status !== 'registered') return refuseMissing('company', companyId, state)
  switch (command.type) {
    case 'company.change':
      return command.data.name === state.name ? accept() : accept({ type: 'company.changed', data: command.data })
    case 'company.remove':
      return referrers.length > 0
        ? refuseInUse('company', companyId, referrers)
        : accept({ type: 'company.removed', data: { companyId } })
  }
}

function evolve(_: CompanyState, event: CompanyEvent): CompanyState {
  switch (event.type) {
    case 'company.registered':
    case 'company.changed':
      return { status: 'registered', name: event.data.name }
    case 'company.removed':
      return { status: 'removed' }
  }
}
