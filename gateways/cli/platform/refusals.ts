import type { NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'
import type { CommandBus } from '../../../commands/command-bus.ts'
import { NOBODY, UNKNOWN_COMMAND } from '../../../commands/refusals/refused-command.ts'
import { RefusalTally } from '../../../commands/refusals/refusal-tally.ts'
import { JetStreamRefusalSink } from '../../../infra/jetstream/jetstream-refusal-sink.ts'
import { newUlid } from '../../../schemas/new-ulid.ts'

/** The tally of this process' refusals, which ends up in stream `AUDIT`. */
export function refusalsTo(connection: NatsConnection, logger: Logger): RefusalTally {
  return new RefusalTally({
    sink: new JetStreamRefusalSink(connection),
    now: Date.now,
    newId: newUlid,
    source: '/pharos',
    onFault: (error) => logger.warn({ err: error }, 'refusals could not be stored; they are counted on'),
  })
}

/** What gateways tell of commands without a valid credential: the bus never sees those. */
export function unauthorizedTo(
  refusals: RefusalTally,
  { types }: Pick<CommandBus, 'types'>,
): (type: string, message: string) => void {
  const known = new Set(types)
  return (type, message) => {
    const command = known.has(type) ? type : UNKNOWN_COMMAND
    refusals.note({ command, actor: NOBODY, status: 'unauthorized', code: 'unauthorized', message })
  }
}
