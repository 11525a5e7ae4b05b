import { Command } from 'commander'
import { keysErased } from './keys/erased.ts'
import { keysGiveUp } from './keys/give-up.ts'
import { keysRotate } from './keys/rotate.ts'
import { keysStatus } from './keys/status.ts'

/** `pharos keys`: the keys of people, and the master key that they are wrapped with. */
export function keysCommand(): Command {
  return new Command('keys')
    .description('the keys of people: which master key wraps them, a new one, who was erased')
    .addCommand(keysStatus())
    .addCommand(keysRotate())
    .addCommand(keysErased())
    .addCommand(keysGiveUp())
}
