import { Command } from 'commander'
import { parseKeyring } from '../../../../infra/manifest-keys/manifest-keyring.ts'
import { KEY_FILES, readKeyFile } from '../../../../infra/nats/key-files.ts'
import { Failure } from '../../failure.ts'
import { createOutput } from '../../output.ts'
import { configFromEnvironment } from '../../platform/environment.ts'
import { keysDirOf } from '../../platform/keys-dir.ts'
import { noteRotation } from './note-rotation.ts'

/** `pharos device note-signing-key`: for keys that were rotated where the log could not be told. */
export function deviceNoteSigningKey(): Command {
  return new Command('note-signing-key')
    .description('tell the audit which key signs manifests, where it was rotated out of reach of the log')
    .option('--keys <directory>', 'where manifest_keys is; PHAROS_KEYS_DIR if left out')
    .option('--json')
    .action(async ({ keys, json }: { keys?: string; json?: true }) => {
      const dir = keys ?? keysDirOf(configFromEnvironment())
      const text = dir === undefined ? undefined : await readKeyFile(dir, 'manifestKeys')
      if (text === undefined) throw new Failure(`there is no ${KEY_FILES.manifestKeys}: --keys, or PHAROS_KEYS_DIR`)
      const keyring = parseKeyring(text)
      await noteRotation(keyring)
      const signs = keyring.keys[0]?.kid
      createOutput(json === true).result(
        { version: keyring.version, signs },
        () => `version ${keyring.version} is noted: ${signs} signs`,
      )
    })
}
