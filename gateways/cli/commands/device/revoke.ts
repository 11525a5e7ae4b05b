import { Command } from 'commander'
import { sendCommand } from '../alias/send-command.ts'

/** `pharos device revoke`: the device is out at once, and stays in the fleet. */
export function deviceRevoke(): Command {
  return new Command('revoke')
    .description('end a device\'s credential: it is out at once; "decommission" does so too, for good')
    .argument('<device>')
    .option('--reason <text>', 'for the audit')
    .option('--dry-run', 'say what would happen, and change nothing')
    .option('--json')
    .action(async (deviceId: string, { reason, ...rest }: { reason?: string; dryRun?: true; json?: true }) => {
      await sendCommand('device-credential.revoke', { deviceId, ...(reason === undefined ? {} : { reason }) }, rest)
    })
}
