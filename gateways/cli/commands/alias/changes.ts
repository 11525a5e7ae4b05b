import { Command, InvalidArgumentError } from 'commander'
import type { z } from 'zod'
import type { aliasCommandData, AliasCommandType } from '../../../../schemas/commands/alias.ts'
import type { Scope } from '../../../../schemas/scope.ts'
import { parseScope } from '../../scope-argument.ts'
import { sendCommand } from './send-command.ts'
import { parseTarget } from './target-argument.ts'

type Data<T extends AliasCommandType> = z.input<(typeof aliasCommandData)[T]>
type Slot = { readonly scope: Scope; readonly name: string }

/** The commands that change an alias. Each sends exactly one command of the same name. */
export function aliasChanges(): Command[] {
  return [
    change('register', 'alias.register', 'give a target a name', '<name> <target>', (slot, [target], options) => ({
      ...slot,
      target: parseTarget(target ?? ''),
      ...('description' in options ? { description: String(options['description']) } : {}),
      ...('expires' in options ? { expiresAt: String(options['expires']) } : {}),
    }))
      .option('--description <text>')
      .option('--expires <time>', 'such as 2026-12-31T00:00:00Z'),
    change(
      'retarget',
      'alias.retarget',
      'let a name stand for another target',
      '<name> <target>',
      (slot, [target]) => ({
        ...slot,
        target: parseTarget(target ?? ''),
      }),
    ),
    change('rename', 'alias.rename', 'give an alias another name', '<name> <new-name>', (slot, [newName = '']) => ({
      ...slot,
      newName,
    })),
    change('describe', 'alias.describe', 'change description or metadata', '<name>', (slot, _, options) => ({
      ...slot,
      ...('description' in options ? { description: String(options['description']) } : {}),
      ...('metadata' in options ? { metadata: parseObject(String(options['metadata'])) } : {}),
    }))
      .option('--description <text>')
      .option('--metadata <json>', 'a JSON object'),
    change('enable', 'alias.enable', 'let an alias answer again', '<name>', (slot) => slot),
    change('disable', 'alias.disable', 'let an alias answer as if absent', '<name>', (slot) => slot),
    change(
      'expire',
      'alias.set-expiry',
      'set when an alias ends; "never" lifts it',
      '<name> <time>',
      (slot, [time = '']) => ({
        ...slot,
        expiresAt: time === 'never' ? null : time,
      }),
    ),
    change(
      'transfer',
      'alias.transfer-ownership',
      'give an alias to another owner',
      '<name> <owner>',
      (slot, [owner = '']) => ({ ...slot, owner }),
    ),
    change('rm', 'alias.remove', 'remove an alias', '<name>', (slot) => slot),
  ]
}

function change<T extends AliasCommandType>(
  verb: string,
  type: T,
  description: string,
  usage: string,
  data: (slot: Slot, rest: readonly string[], options: Readonly<Record<string, unknown>>) => Data<T>,
): Command {
  const command = new Command(verb)
    .description(description)
    .option('--scope <scope>', 'global, site:KSEA, node:KSEA/tower or context:frontend', parseScope, {
      kind: 'global',
    } as Scope)
    .option('--expected-revision <n>', 'refuse if the alias has another revision', wholeNumber)
    .option('--dry-run', 'say what would happen, and change nothing')
    .option('--json')
  for (const argument of usage.split(' ')) command.argument(argument)
  return command.action(async () => {
    const [name = '', ...rest] = command.processedArgs.map(String)
    const options: Record<string, unknown> = command.opts()
    const slot = { scope: command.getOptionValue('scope') as Scope, name }
    await sendCommand(type, data(slot, rest, options), options)
  })
}

function wholeNumber(text: string): number {
  if (!/^[0-9]{1,15}$/.test(text)) throw new InvalidArgumentError('a whole number, 0 or more')
  return Number(text)
}

function parseObject(text: string): Record<string, never> {
  try {
    return JSON.parse(text)
  } catch {
    throw new InvalidArgumentError('--metadata must be a JSON object')
  }
}
