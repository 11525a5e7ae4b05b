import type { CommandBus } from '../command-bus.ts'
import { refusal, type RefusedCommand, UNKNOWN_COMMAND } from './refused-command.ts'

/** The same bus, which tells of every command that it refuses. What is told never delays or changes an answer. */
export function tellRefusals(bus: CommandBus, tell: (refused: RefusedCommand) => void): CommandBus {
  const known = new Set(bus.types)
  return {
    types: bus.types,
    dispatch: (arrived) =>
      bus.dispatch(arrived).then((result) => {
        const why = refusal(result)
        if (why !== undefined) {
          const commandId = commandIdOf(arrived.body)
          tell({
            // A stranger's words must not become subjects, nor kinds without end.
            command: known.has(arrived.type) ? arrived.type : UNKNOWN_COMMAND,
            actor: arrived.actor.id,
            ...why,
            ...(commandId === undefined ? {} : { commandId }),
          })
        }
        return result
      }),
  }
}

function commandIdOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('commandId' in body)) return undefined
  return typeof body.commandId === 'string' ? body.commandId : undefined
}
