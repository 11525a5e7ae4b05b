import { parseEventType, type RecordedEvent } from '../../../schemas/envelope.ts'

/** Which events: all that is given must hold; of several subjects or types, one. */
export interface EventFilter {
  /** NATS filters, `evt.alias.site.KSEA.>`: the server sends no others. */
  readonly subjects: readonly string[]
  /** Names without version, `alias.registered`. */
  readonly types: readonly string[]
  readonly actor?: string | undefined
  /** Of this command, the id that its sender gave it. */
  readonly command?: string | undefined
}

/** Whether the event is of the types, the actor and the command that the filter asks for. It is read only where one is. */
export function eventMatches({ types, actor, command }: EventFilter, event: RecordedEvent): boolean {
  if (actor !== undefined && event.envelope.actor !== actor) return false
  if (command !== undefined && event.envelope.commandid !== command) return false
  return types.length === 0 || types.includes(parseEventType(event.envelope.type).name)
}
