import { hash } from 'node:crypto'
import type { Envelope } from '../../schemas/envelope.ts'
import { REFUSED_EVENT } from '../../schemas/events/refused.ts'
import { actorId, commandId, eventId } from '../../schemas/ids.ts'
import type { RefusedCommand } from './refused-command.ts'

/** Refusals of one kind, counted together; `commandId` and `message` are those of the first. Times are epoch milliseconds. */
export interface Counted extends RefusedCommand {
  count: number
  firstAt: number
  lastAt: number
}

const LONGEST_MESSAGE = 500

/** The event that stands in stream `AUDIT`, on subject `audit.<context>.<verb>`, for refusals that were counted together. */
export function refusalEnvelope(
  { command, actor, status, code, message, count, firstAt, lastAt, commandId: first }: Counted,
  { newId, source }: { readonly newId: () => string; readonly source: string },
): Envelope {
  const id = newId()
  const known = commandId.safeParse(first)
  return {
    specversion: '1.0',
    id: eventId.parse(id),
    source,
    type: REFUSED_EVENT,
    subject: `audit.${command}`,
    time: new Date(lastAt).toISOString(),
    datacontenttype: 'application/json',
    data: {
      command,
      status,
      code,
      message: message.slice(0, LONGEST_MESSAGE).toWellFormed(),
      count,
      firstAt: new Date(firstAt).toISOString(),
      lastAt: new Date(lastAt).toISOString(),
    },
    actor: actorId.parse(actor),
    commandid: known.success ? known.data : commandId.parse(id),
    commanddigest: hash('sha256', `${command}\n${actor}\n${code}`),
    commandindex: 0,
    commandcount: 1,
    correlationid: id,
    causationid: id,
  }
}
