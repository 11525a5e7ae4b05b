import { Command } from 'commander'
import type { FleetCommandType } from '../../../schemas/commands/fleet.ts'
import { answer } from './alias/answer-query.ts'
import { sendCommand } from './alias/send-command.ts'
import { deviceNoteSigningKey } from './device/note-signing-key.ts'
import { deviceProvision } from './device/provision.ts'
import { deviceRevoke } from './device/revoke.ts'
import { deviceRotateSigningKey } from './device/rotate-signing-key.ts'
import { said, sendOptions } from './fleet/changes.ts'
import { listOptions, listThings, showThing } from './fleet/reads.ts'
import { details } from './fleet/things.ts'

type Options = Readonly<Record<string, unknown>>

/** `pharos device …`: the devices of the fleet. */
export function deviceCommand(): Command {
  const device = new Command('device').description('the devices of the fleet')
  const credentials = [deviceProvision(), deviceRevoke(), deviceRotateSigningKey(), deviceNoteSigningKey()]
  for (const command of [...deviceReads(), ...deviceChanges(), ...credentials]) device.addCommand(command)
  return device
}

function deviceReads(): Command[] {
  return [
    listOptions(new Command('list').description('devices, by id'))
      .option('--mac <address>', 'the one that goes by it, however it is written')
      .option('--status <status>', 'active or decommissioned', 'active')
      .action((options: Parameters<typeof listThings>[1]) => listThings('device', options)),
    new Command('show')
      .description('one device with everything that is known of it')
      .argument('<device>')
      .option('--json')
      .action((id: string, options: { json?: true }) => showThing('device', id, options)),
    new Command('sees')
      .description('what a device sees, counted; "pharos fleet ls users --seen-by <device>" shows it')
      .argument('<device>')
      .option('--json')
      .action((deviceId: string, options: { json?: true }) =>
        answer('device.sees', { deviceId }, options, ({ location, company, counts }) =>
          details({ location: location?.locationId, company: company?.companyId, ...counts }),
        ),
      ),
  ]
}

function deviceChanges(): Command[] {
  const change = (
    verb: string,
    usage: string,
    description: string,
    data: (rest: readonly string[], options: Options) => object,
  ): Command => {
    const command = new Command(verb).description(description)
    for (const argument of usage.split(' ')) command.argument(argument)
    return sendOptions(command).action(async () => {
      const [deviceId = '', ...rest] = command.processedArgs.map(String)
      const options: Options = command.opts()
      await sendCommand(`device.${verb}` as FleetCommandType, { deviceId, ...data(rest, options) }, options)
    })
  }
  return [
    change('register', '<device> <mac>', 'register a device', ([mac], options) => ({ mac, ...said(options) }))
      .option('--location <id>', 'where it stands')
      .option('--name <text>')
      .option('--model <text>'),
    change('change', '<device>', 'change its name or model; "" clears it', (_, options) => said(options))
      .option('--name <text>')
      .option('--model <text>'),
    change('replace-mac', '<device> <previous> <mac>', 'the same device with another board', ([previousMac, mac]) => ({
      previousMac,
      mac,
    })),
    change('assign', '<device> <location>', 'put it at a location', ([locationId]) => ({ locationId })),
    change('move', '<device> <location>', 'take it to another location', ([locationId]) => ({ locationId })),
    change('unassign', '<device>', 'take it away from where it stands', () => ({})),
    change('decommission', '<device>', 'for good; its address is free for another', () => ({})),
  ]
}
