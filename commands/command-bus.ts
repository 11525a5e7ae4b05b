import { type CommandResult, commandRequest } from '../schemas/command.ts'
import { quickParse } from '../schemas/quick-parse.ts'
import type { ArrivedCommand } from './arrived-command.ts'
import type { CommandHandler } from './command-handler.ts'
import { violationsOf } from './violations.ts'

/** Every gateway's one way in. Answers every expected outcome as a value; rejects only on a bug. */
export interface CommandBus {
  readonly types: readonly string[]
  dispatch(command: ArrivedCommand): Promise<CommandResult>
}

export function createCommandBus(handlers: readonly CommandHandler[]): CommandBus {
  const byType = new Map(handlers.flatMap((handler) => handler.types.map((type) => [type, handler] as const)))
  return {
    types: [...byType.keys()],
    async dispatch({ type, body, ...rest }) {
      const handler = byType.get(type)
      if (handler === undefined)
        return { status: 'rejected', code: 'unknown_command', message: `there is no command "${type}"`, violations: [] }
      const request = quickParse(commandRequest, body)
      if (!request.success)
        return {
          status: 'rejected',
          code: 'invalid_command',
          message: 'the command is not well formed',
          violations: violationsOf(request.error),
        }
      return handler.handle({ type, request: request.data, ...rest })
    },
  }
}
