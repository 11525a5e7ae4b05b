import { type Refusal, refuse } from '../decider.ts'
import type { GroupState } from './group.ts'
import { refuseMissing } from './refuse-missing.ts'

/** Most groups that a location or a user is linked to at a time. */
export const MAX_GROUPS = 1000

/** Why something of this company that has these groups may not be linked to the group; nothing if it may. */
export function refuseLink(
  groupId: string,
  group: GroupState,
  { companyId, groups }: { readonly companyId: string; readonly groups: readonly string[] },
): Refusal | undefined {
  if (group.status !== 'registered') return refuseMissing('group', groupId, group)
  if (group.companyId !== companyId)
    return refuse('other_company', `the group "${groupId}" is of another company, "${group.companyId}"`, 'groupId')
  if (groups.length >= MAX_GROUPS) return refuse('too_many_groups', `at most ${MAX_GROUPS} groups`, 'groupId')
  return undefined
}
