import type { CommandResult } from '../../schemas/command.ts'
import type { CommandHandler, Invocation } from '../command-handler.ts'
import { mayPass } from './may-pass.ts'
import { patiently, type Patience } from './patiently.ts'

/** Gives a command until it is answered by something that stays, or patience ends; the id makes that safe. */
export function sendPatiently(
  handler: CommandHandler,
  invocation: Invocation,
  patience: Patience,
): Promise<CommandResult> {
  return patiently(() => handler.handle(invocation), mayPass, patience)
}
