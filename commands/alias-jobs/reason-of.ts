import type { CommandResult } from '../../schemas/command.ts'

/** What a command's answer says about why it was not carried out. */
export function reasonOf(result: CommandResult): string {
  return 'message' in result ? result.message : result.status
}
