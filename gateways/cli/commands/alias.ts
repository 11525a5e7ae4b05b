import { Command } from 'commander'
import { aliasChanges } from './alias/changes.ts'
import { indexReads } from './alias/index-reads.ts'
import { aliasReads } from './alias/reads.ts'

/** `pharos alias …`: names, over the same gateway as every other client. */
export function aliasCommand(): Command {
  const alias = new Command('alias').description('register, change and look up aliases')
  for (const command of [...aliasReads(), ...indexReads(), ...aliasChanges()]) alias.addCommand(command)
  return alias
}
