import type { CommandResult } from '../../schemas/command.ts'

/** A command that somebody was refused. */
export interface RefusedCommand {
  /** Type of the command, if there is such a one; else {@link UNKNOWN_COMMAND}. */
  readonly command: string
  /** Who acts, as the credential proves; {@link NOBODY} where it proves nothing. */
  readonly actor: string
  readonly status: 'rejected' | 'conflict' | 'forbidden' | 'unauthorized'
  /** Why, for programs. */
  readonly code: string
  /** Why, for people. */
  readonly message: string
  readonly commandId?: string
}

export const UNKNOWN_COMMAND = 'unknown.unknown'
export const NOBODY = 'unauthenticated'

/** Why a command was refused; `undefined` when it was not, or when nobody can say. */
export function refusal(result: CommandResult): Pick<RefusedCommand, 'status' | 'code' | 'message'> | undefined {
  switch (result.status) {
    case 'rejected':
      return { status: result.status, code: result.code, message: result.message }
    case 'conflict':
    case 'forbidden':
    case 'unauthorized':
      return { status: result.status, code: result.status, message: result.message }
    case 'accepted':
    case 'duplicate':
    case 'unavailable':
      return undefined
  }
}
