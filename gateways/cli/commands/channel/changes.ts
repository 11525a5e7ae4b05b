import { Command } from 'commander'
import { randomUUID } from 'node:crypto'
import { sendCommand } from '../alias/send-command.ts'

interface Options {
  readonly name?: string
  readonly secondary?: string
  readonly meta?: string
  readonly description?: string
  readonly target?: string
  readonly unit?: string
  readonly device?: string
  readonly uuid?: string
  readonly dryRun?: true
  readonly json?: true
}

/** The commands that change the catalogue. */
export function channelChanges(): Command[] {
  return [
    described(new Command('register'))
      .description('make a channel known')
      .argument('<name>')
      .option('--uuid <uuid>', 'left out: a new one')
      .action((name: string, options: Options) => {
        const { uuid = randomUUID(), ...rest } = options
        return sendCommand('channel.register', { channelId: uuid, name, ...fields(rest) }, { ...rest })
      }),
    described(new Command('describe'))
      .description('change what is said of a channel; an empty text clears')
      .argument('<uuid>')
      .option('--name <name>')
      .action((uuid: string, options: Options) => {
        const { name } = options
        const data = { channelId: uuid, ...(name === undefined ? {} : { name }), ...fields(options) }
        return sendCommand('channel.describe', data, { ...options })
      }),
    new Command('retire')
      .description('take no more observations of a channel; those that there are stay')
      .argument('<uuid>')
      .option('--dry-run', 'decide and answer, but change nothing')
      .option('--json')
      .action((uuid: string, options: Options) => sendCommand('channel.retire', { channelId: uuid }, { ...options })),
  ]
}

function described(command: Command): Command {
  return command
    .option('--secondary <text>', 'tells apart channels of one name')
    .option('--meta <text>')
    .option('--description <text>')
    .option('--target <text>', 'what is measured, as its source calls it')
    .option('--unit <unit>')
    .option('--device <id>', 'the only device that may observe it')
    .option('--dry-run', 'decide and answer, but change nothing')
    .option('--json')
}

/** What was given; an empty text is none. */
function fields({ secondary, meta, description, target, unit, device }: Options): Record<string, string | null> {
  const given = Object.entries({ secondary, meta, description, target, unit, device })
  return Object.fromEntries(
    given.flatMap(([field, text]) => (text === undefined ? [] : [[field, text === '' ? null : text]])),
  )
}
