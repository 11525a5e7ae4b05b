import { Command } from 'commander'
import type { FleetCommandType } from '../../../../schemas/commands/fleet.ts'
import type { FleetKind } from '../../../../schemas/queries/fleet.ts'
import { sendCommand } from '../alias/send-command.ts'
import { kindArgument } from './things.ts'

/** What a thing may be said to be, by option. */
const FIELDS: Readonly<Record<string, string>> = {
  name: 'name',
  company: 'companyId',
  location: 'locationId',
  address: 'address',
  timeZone: 'timeZone',
  latitude: 'latitude',
  longitude: 'longitude',
  description: 'description',
  email: 'email',
  phone: 'phone',
  model: 'model',
}

type Options = Readonly<Record<string, unknown>>

const OTHERS: readonly FleetKind[] = ['company', 'location', 'group', 'user', 'area']

/** The commands that change the fleet, but for its devices. Each sends exactly one command. */
export function fleetChanges(): Command[] {
  return [
    fields(sending(new Command('register').description('register a thing').addArgument(kindArgument(OTHERS)))),
    fields(
      sending(new Command('change').description('change it; "" clears a field').addArgument(kindArgument(OTHERS))),
    ),
    sending(new Command('rm').description('remove it, if nothing needs it').addArgument(kindArgument(OTHERS))),
    ...(['link', 'unlink'] as const).map((verb) =>
      sendOptions(
        new Command(verb)
          .description(verb === 'link' ? 'link a location or a user to a group' : 'take the link away')
          .addArgument(kindArgument(['location', 'user']))
          .argument('<id>')
          .argument('<group>'),
      ).action((kind: 'location' | 'user', id: string, groupId: string, options: Options) =>
        sendCommand(`${kind}.${verb}-group`, { [`${kind}Id`]: id, groupId }, options),
      ),
    ),
  ]
}

function sending(command: Command): Command {
  const verb = { register: 'register', change: 'change', rm: 'remove' }[command.name()] ?? ''
  return sendOptions(command.argument('<id>')).action((kind: FleetKind, id: string, options: Options) =>
    sendCommand(`${kind}.${verb}` as FleetCommandType, { [`${kind}Id`]: id, ...said(options) }, options),
  )
}

/** `--dry-run`, `--expected-revision`, `--json`: what every command can be sent with. */
export function sendOptions(command: Command): Command {
  return command
    .option('--expected-revision <n>', 'refuse if it has another revision', (text) => Number(text))
    .option('--dry-run', 'say what would happen, and change nothing')
    .option('--json')
}

function fields(command: Command): Command {
  return command
    .option('--name <text>')
    .option('--company <id>')
    .option('--location <id>')
    .option('--address <text>')
    .option('--time-zone <name>', 'such as America/Los_Angeles')
    .option('--latitude <degrees>')
    .option('--longitude <degrees>')
    .option('--description <text>')
    .option('--email <address>')
    .option('--phone <number>')
}

/** The fields that were given, an empty one as `null`. What a kind does not have is refused by its command. */
export function said(options: Options): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(FIELDS).flatMap(([option, field]) => {
      const value = options[option]
      return typeof value === 'string' ? [[field, value === '' ? null : value]] : []
    }),
  )
}
