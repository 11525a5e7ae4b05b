import type { CommandBus } from '../../commands/command-bus.ts'
import { commandResult } from '../../schemas/command.ts'
import { readTraceparent } from '../observability/traceparent.ts'
import { type RequestService, type RequestServiceOptions, startRequestService } from './request-service.ts'

/** Shared by the services of this gateway: all that does not depend on what is answered. */
export type ServiceParts = Pick<
  RequestServiceOptions,
  'connection' | 'authenticator' | 'logger' | 'version' | 'maxInFlight' | 'onOverload'
>

/** Told of every command without a valid credential: its type, as the sender wrote it, and what was missing. */
export type OnUnauthorized = (type: string, message: string) => void

/** Commands over NATS: request `{commandId, data, …}` on `cmd.<context>.<verb>`, the reply is a `CommandResult`. */
export function startCommandService(
  bus: CommandBus,
  parts: ServiceParts,
  onUnauthorized: OnUnauthorized = () => undefined,
): Promise<RequestService> {
  return startRequestService({
    ...parts,
    onUnauthorized,
    name: 'pharos-commands',
    description: 'Commands of Pharos: cmd.<context>.<verb>',
    prefix: 'cmd',
    types: bus.types,
    inShort: (answer) => {
      const result = commandResult.parse(answer)
      return 'events' in result ? { ...result, events: [], eventCount: result.events.length } : result
    },
    answer({ type, body, actor, header }) {
      const traceparent = readTraceparent(header('traceparent'))
      return bus.dispatch(traceparent === undefined ? { type, body, actor } : { type, body, actor, traceparent })
    },
  })
}
