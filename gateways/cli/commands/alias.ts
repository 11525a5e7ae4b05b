import { Command } from 'commander'
import { aliasChanges } from './alias/changes.ts'
import { aliasFiles } from './alias/files.ts'
import { indexReads } from './alias/index-reads.ts'
import { aliasReads } from './alias/reads.ts'
import { aliasSet } from './alias/set.ts'
import { aliasWatch } from './alias/watch.ts'

/** `pharos alias …`: names, over the same gateways as every other client. */
export function aliasCommand(): Command {
  const alias = new Command('alias').description('register, change and look up aliases')
  const all = [...aliasReads(), ...indexReads(), aliasSet(), ...aliasChanges(), ...aliasFiles(), aliasWatch()]
  for (const command of all) alias.addCommand(command)
  return alias
}
