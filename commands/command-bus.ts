import { type CommandResult, commandRequest, type Violation } from '../schemas/command.ts'
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
    dispatch(arrived) {
      const handler = byType.get(arrived.type)
      if (handler === undefined) return rejected('unknown_command', `there is no command "${arrived.type}"`)
      const request = quickParse(commandRequest, arrived.body)
      return request.success
        ? handler.handle({ ...arrived, request: request.data })
        : rejected('invalid_command', 'the command is not well formed', violationsOf(request.error))
    },
  }
}

function rejected(code: string, message: string, violations: Violation[] = []): Promise<CommandResult> {
  return Promise.resolve({ status: 'rejected', code, message, violations })
}
