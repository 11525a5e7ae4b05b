import type { CommandResult } from '../../schemas/command.ts'

/**
 * Whether a job's command may fare better when it is given again: the log was away, or others were quicker each time, for no
 * command of a job expects a revision. All else is the command's own answer.
 */
export function mayPass({ status }: CommandResult): boolean {
  return status === 'unavailable' || status === 'conflict'
}
