import type { CommandResult } from '../../schemas/command.ts'
import { airports } from './airports.ts'
import { type FleetCommand, fleetCommands } from './fleet-commands.ts'

/**
 * Sends the sample fleet through the command gateway, one command after the other, since each refers to those before.
 * Safe to run again: what was accepted before is answered `duplicate`. Answers how many commands it is.
 * @throws Error naming the command and its answer, on the first one that is neither accepted nor duplicate.
 */
export async function loadFleet(send: (command: FleetCommand) => Promise<CommandResult>): Promise<number> {
  const commands = [...fleetCommands(await airports())]
  for (const command of commands) {
    const result = await send(command)
    if (result.status !== 'accepted' && result.status !== 'duplicate')
      throw new Error(`sample: ${command.type} ${JSON.stringify(command.data)} was answered ${JSON.stringify(result)}`)
  }
  return commands.length
}
