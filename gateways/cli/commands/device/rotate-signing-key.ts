import { join } from 'node:path'
import { Command } from 'commander'
import { formatKeyring, parseKeyring, rotatedKeyring } from '../../../../infra/manifest-keys/manifest-keyring.ts'
import { KEY_FILES, readKeyFile, writePrivate } from '../../../../infra/nats/key-files.ts'
import { Failure } from '../../failure.ts'
import { createOutput } from '../../output.ts'
import { configFromEnvironment } from '../../platform/environment.ts'
import { keysDirOf } from '../../platform/keys-dir.ts'

/**
 * `pharos device rotate-signing-key`: a new key signs manifests from now on. Needs the root key, which no process needs;
 * processes read the changed file by themselves.
 */
export function deviceRotateSigningKey(): Command {
  return new Command('rotate-signing-key')
    .description('let a new key sign manifests; devices learn it by themselves')
    .option('--keys <directory>', 'where manifest_keys and manifest_root are; PHAROS_KEYS_DIR if left out')
    .option('--distrust', 'devices believe no former key any more: for one that was lost to others')
    .option('--json')
    .action(async ({ keys, distrust, json }: { keys?: string; distrust?: true; json?: true }) => {
      const dir = keys ?? keysDirOf(configFromEnvironment())
      if (dir === undefined) throw new Failure('say where the keys are: --keys, or PHAROS_KEYS_DIR')
      const [root, keyring] = [await readKeyFile(dir, 'manifestRoot'), await readKeyFile(dir, 'manifestKeys')]
      if (root === undefined || keyring === undefined)
        throw new Failure(`${dir} must hold ${KEY_FILES.manifestRoot} and ${KEY_FILES.manifestKeys}`)
      const before = parseKeyring(keyring)
      const next = rotatedKeyring(root, before, { at: new Date(), keep: distrust === true ? 0 : 1 })
      await writePrivate(join(dir, KEY_FILES.manifestKeys), formatKeyring(next))
      const believed = next.keys.map(({ kid }) => kid)
      createOutput(json === true).result({ version: next.version, signs: believed[0], believed }, () =>
        [
          `version ${next.version}: ${believed[0]} signs from now on`,
          `devices believe ${believed.length} keys; every process that reads ${dir} has the new one within seconds`,
        ].join('\n'),
      )
    })
}
