import { Command } from 'commander'
import { parkedDecisions } from './parked/decisions.ts'
import { parkedReads } from './parked/reads.ts'

/** `pharos parked …`: events that a projector could not apply, and what waits for them. */
export function parkedCommand(): Command {
  const parked = new Command('parked').description('what projectors hold back since an event cannot be applied')
  for (const command of [...parkedReads(), ...parkedDecisions()]) parked.addCommand(command)
  return parked
}
