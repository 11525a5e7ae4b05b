import { Command } from 'commander'
import { rotateKeys } from '../../../../commands/personal/rotate-keys.ts'
import { interruptSignal } from '../../interrupt.ts'
import { createOutput } from '../../output.ts'
import { configFromEnvironment } from '../../platform/environment.ts'
import { masterKeysOf } from '../../platform/master-keys.ts'
import { ProgressBar } from '../../tour/progress-bar.ts'
import { withKeyBucket } from './with-key-bucket.ts'

/** `pharos keys rotate`: wraps every key with `MASTER_KEY` that is still wrapped with `MASTER_KEY_PREVIOUS`. */
export function keysRotate(): Command {
  return new Command('rotate')
    .description(
      'wrap all keys with MASTER_KEY that are wrapped with MASTER_KEY_PREVIOUS; may be cut off and run again',
    )
    .option('--json')
    .action(async ({ json }: { json?: true }) => {
      const signal = interruptSignal()
      const masterKeys = await masterKeysOf(configFromEnvironment())
      const bar = new ProgressBar('keys', process.stderr)
      const rotated = await withKeyBucket(async (bucket) => {
        const total = await bucket.count()
        return rotateKeys({ bucket, masterKeys, signal, onProgress: (done) => bar.show(done, Math.max(total, done)) })
      }).finally(() => bar.end())
      createOutput(json === true).result({ masterKey: masterKeys.current, ...rotated }, () =>
        [
          `${rotated.rewrapped} keys are wrapped with ${masterKeys.current} now, ${rotated.current} were before; ${rotated.erased} people are erased`,
          'When every process has the new MASTER_KEY, run it once more, then take MASTER_KEY_PREVIOUS away.',
        ].join('\n'),
      )
    })
}
