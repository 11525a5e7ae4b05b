import { Command } from 'commander'
import { fleetChanges } from './fleet/changes.ts'
import { fleetImport } from './fleet/import.ts'
import { fleetReads } from './fleet/reads.ts'

/** `pharos fleet …`: companies, locations, groups, users and areas; devices have `pharos device`. */
export function fleetCommand(): Command {
  const fleet = new Command('fleet').description('companies, locations, groups, users and areas')
  for (const command of [...fleetReads(), ...fleetChanges(), fleetImport()]) fleet.addCommand(command)
  return fleet
}
