import { Command } from 'commander'
import { createOutput } from '../../output.ts'
import { configFromEnvironment } from '../../platform/environment.ts'
import { masterKeysOf } from '../../platform/master-keys.ts'
import { withKeyBucket } from './with-key-bucket.ts'

/** `pharos keys status`: how many keys are wrapped with which master key. No master key is ever shown, only its name. */
export function keysStatus(): Command {
  return new Command('status')
    .description('how many people have a key, and with which master key it is wrapped')
    .option('--json')
    .action(async ({ json }: { json?: true }) => {
      const { current } = await masterKeysOf(configFromEnvironment())
      const wrapped = new Map<string, number>([[current, 0]])
      let erased = 0
      await withKeyBucket(async (bucket) => {
        for await (const [, { key }] of bucket.all())
          if (key.status === 'erased') erased++
          else wrapped.set(key.masterKey, (wrapped.get(key.masterKey) ?? 0) + 1)
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
