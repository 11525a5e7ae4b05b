import { Command } from 'commander'
import type { Scope } from '../../../../schemas/scope.ts'
import { openClient } from '../../platform/open-client.ts'
import { parseScope } from '../../scope-argument.ts'
import { sendCommand } from './send-command.ts'
import { parseTarget } from './target-argument.ts'

/** `pharos alias set`: a name stands for this target from now on, whether or not it stood for another. */
export function aliasSet(): Command {
  return new Command('set')
    .description('let a name stand for a target, whether it is new or not')
    .argument('<name>')
    .argument('<target>', 'the UUID of a channel, or a URL')
    .option('--scope <scope>', 'global, site:KSEA, node:KSEA/tower or context:frontend', parseScope, {
      kind: 'global',
    } as Scope)
    .option('--dry-run', 'say what would happen, and change nothing')
    .option('--json')
    .action(async (name: string, text: string, options: { scope: Scope; dryRun?: true; json?: true }) => {
      const { scope, ...rest } = options
      const slot = { scope, name }
      const data = { ...slot, target: parseTarget(text) }
      const known = await isKnown(slot)
      // Should it change between the two, the command is refused and says so.
      await sendCommand(known ? 'alias.retarget' : 'alias.register', data, rest)
    })
}

async function isKnown(slot: { readonly scope: Scope; readonly name: string }): Promise<boolean> {
  const client = await openClient()
  try {
    // Asked of the rules, which are never behind: a retarget that could be done, or what it would be refused for.
    const result = await client.send('alias.disable', slot, { dryRun: true })
    return !(result.status === 'rejected' && result.code === 'alias_not_found')
  } finally {
    await client.close()
  }
}
