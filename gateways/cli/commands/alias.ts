import { Command } from 'commander'
import { aliasChanges } from './alias/changes.ts'
import { aliasFiles } from './alias/files.ts'
import { aliasReads } from './alias/reads.ts'
import { aliasSet } from './alias/set.ts'

/** `pharos alias …`: names, over the same gateways as every other client. */
export function aliasCommand(): Command {
  const alias = new Command('alias').description('register, change and look up aliases')
  for (const command of [...aliasReads(), aliasSet(), ...aliasChanges(), ...aliasFiles()]) alias.addCommand(command)
  return alias
}
