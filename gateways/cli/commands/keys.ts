import { Command } from 'commander'
import { keysInit } from './keys/init.ts'
import { keysErased } from './keys/erased.ts'
import { keysGiveUp } from './keys/give-up.ts'
import { keysRotate } from './keys/rotate.ts'
import { keysStatus } from './keys/status.ts'

/** `pharos keys`: the keys of an installation, those of people, and the master key that those are wrapped with. */
export function keysCommand(): Command {
  return new Command('keys')
    .description(
      'the keys of a new installation; those of people: which master key wraps them, a new one, who was erased',
    )
    .addCommand(keysInit())
    .addCommand(keysStatus())
    .addCommand(keysRotate())
    .addCommand(keysErased())
    .addCommand(keysGiveUp())
}
