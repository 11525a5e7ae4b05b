import { Command } from 'commander'
import { liveKeys } from '../../../../commands/personal/live-keys.ts'
import { createOutput } from '../../output.ts'
import { configFromEnvironment } from '../../platform/environment.ts'
import { masterKeysOf } from '../../platform/master-keys.ts'
import { withKeyBucket } from './with-key-bucket.ts'

/** `pharos keys status`: how many keys are wrapped with which master key. No master key is ever shown, only its name. */
export function keysStatus(): Command {
  return new Command('status')
    .description('how many keys there are, those made ahead too, and with which master key they are wrapped')
    .option('--json')
    .action(async ({ json }: { json?: true }) => {
      const { current } = await masterKeysOf(configFromEnvironment())
      const wrapped = new Map<string, number>([[current, 0]])
      let erased = 0
      await withKeyBucket(async (bucket) => {
        for await (const [, { keys }] of bucket.all())
          if (keys.status === 'erased') erased++
          else if (liveKeys(keys) > 0) wrapped.set(keys.masterKey, (wrapped.get(keys.masterKey) ?? 0) + liveKeys(keys))
      })
      createOutput(json === true).result({ masterKey: current, wrapped: Object.fromEntries(wrapped), erased }, () =>
        [
          ...[...wrapped].map(([masterKey, keys]) =>
            masterKey === current
              ? `${keys} keys are wrapped with ${masterKey}, which is MASTER_KEY`
              : `${keys} keys are wrapped with ${masterKey}: "pharos keys rotate", with that one as MASTER_KEY_PREVIOUS`,
          ),
          `${erased} people are erased`,
        ].join('\n'),
      )
    })
}
