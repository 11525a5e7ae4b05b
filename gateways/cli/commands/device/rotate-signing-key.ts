import { join } from 'node:path'
import { Command } from 'commander'
import { formatKeyring, parseKeyring, rotatedKeyring } from '../../../../infra/manifest-keys/manifest-keyring.ts'
import { KEY_FILES, readKeyFile, writePrivate } from '../../../../infra/nats/key-files.ts'
import { Failure } from '../../failure.ts'
import { createOutput } from '../../output.ts'
import { configFromEnvironment } from '../../platform/environment.ts'
import { keysDirOf } from '../../platform/keys-dir.ts'
import { noteRotation } from './note-rotation.ts'

interface Options {
  readonly keys?: string
  readonly distrust?: true
  readonly offline?: true
  readonly json?: true
}

/**
 * `pharos device rotate-signing-key`: a new key signs manifests from now on. Needs the root key, which no process needs;
 * processes read the changed file by themselves. The file comes first: a key that was lost is replaced also while the log is away.
 */
export function deviceRotateSigningKey(): Command {
  return new Command('rotate-signing-key')
    .description('let a new key sign manifests; devices learn it by themselves')
    .option('--keys <directory>', 'where manifest_keys and manifest_root are; PHAROS_KEYS_DIR if left out')
    .option('--distrust', 'devices believe no former key any more: for one that was lost to others')
    .option(
      '--offline',
      'do not tell the log, which is out of reach here: "pharos device note-signing-key" does, later',
    )
    .option('--json')
    .action(async ({ keys, distrust, offline, json }: Options) => {
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
      if (offline === true) return
      await noteRotation(next).catch((cause: unknown) => {
        const why = cause instanceof Error ? cause.message : String(cause)
        throw new Failure(
          `the new key signs, but the audit does not know it yet (${why}): "pharos device note-signing-key"`,
        )
      })
    })
}
