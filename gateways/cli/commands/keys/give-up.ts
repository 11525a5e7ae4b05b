import { Command } from 'commander'
import { giveUpKeys } from '../../../../commands/personal/give-up-keys.ts'
import { JetStreamEventStore } from '../../../../infra/jetstream/jetstream-event-store.ts'
import { Failure } from '../../failure.ts'
import { interruptSignal } from '../../interrupt.ts'
import { createOutput } from '../../output.ts'
import { configFromEnvironment } from '../../platform/environment.ts'
import { masterKeysOf } from '../../platform/master-keys.ts'
import { withKeyBucket } from './with-key-bucket.ts'

/** `pharos keys give-up`: what a lost master key has wrapped is lost too; says so for good, so that all else can go on. */
export function keysGiveUp(): Command {
  return new Command('give-up')
    .description('the master key of this name is lost: destroy all keys that are wrapped with it, for good')
    .argument('<master key>', 'its name, as "pharos keys status" tells it')
    .option('--json')
    .action(async (lost: string, { json }: { json?: true }) => {
      const masterKeys = await masterKeysOf(configFromEnvironment())
      if (masterKeys.has(lost)) throw new Failure(`${lost} is not lost: this process has it`)
      const signal = interruptSignal()
      const persons = await withKeyBucket(async (bucket, connection) =>
        giveUpKeys(lost, { bucket, log: await JetStreamEventStore.open(connection), signal }),
      )
      createOutput(json === true).result({ masterKey: lost, persons }, () =>
        [
          `${persons.length} people have no key any more: what was known of them says "erased"`,
          ...persons.map((person) => `  ${person}`),
        ].join('\n'),
      )
    })
}
