import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { openNatsAuthority } from '../../../../infra/nats/key-files.ts'
import { operatorConfig } from '../../../../infra/nats/operator-config.ts'
import { createOutput } from '../../output.ts'
import { makeManifestKeys } from '../../platform/device-keys.ts'

/** Part of a nats-server's configuration: who the operator is, and what the accounts are at first. */
const SERVER_CONFIG = 'nats_accounts'

/** `pharos keys init`: the keys of an installation whose servers are not embedded. What is there already stays. */
export function keysInit(): Command {
  return new Command('init')
    .description('make the keys of a new installation: of NATS in operator mode, of devices, and of manifests')
    .argument('<directory>')
    .option('--accounts-dir <path>', 'where nats-server keeps the accounts, as it sees it', '/data/accounts')
    .option('--json')
    .action(async (directory: string, { accountsDir, json }: { accountsDir: string; json?: true }) => {
      const authority = await openNatsAuthority(directory)
      await makeManifestKeys(directory, new Date())
      // No secret: public keys, and what they vouch for.
      await writeFile(join(directory, SERVER_CONFIG), operatorConfig(authority, accountsDir))
      const accounts = { system: authority.system, app: authority.app.publicKey, devices: authority.devices }
      createOutput(json === true).result({ directory, accounts }, () =>
        [
          `the keys are in ${directory}; include ${SERVER_CONFIG} in the configuration of nats-server`,
          'offline/ and manifest_root are for no process: keep them where nobody gets at them, and a copy elsewhere',
          `accounts: SYS ${accounts.system}, APP ${accounts.app}, DEVICES ${accounts.devices}`,
        ].join('\n'),
      )
    })
}
