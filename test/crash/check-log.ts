import type { RecordedEvent } from '../../schemas/envelope.ts'
import { parsePosition } from '../../schemas/position.ts'
import type { Told } from './command-load.ts'

/**
 * Whether the log is what its senders were told: every accepted command in it once and whole, in one piece; nothing of
 * a refused one; nothing that nobody sent. Answers what is wrong, in words.
 */
export function checkLog(events: readonly RecordedEvent[], told: readonly Told[]): string[] {
  const wrong: string[] = []
  const byCommand = Map.groupBy(events, ({ envelope }) => envelope.commandid as string)
  const sent = new Map(told.map((one) => [one.sent.commandId, one]))

  for (const [id, group] of byCommand) {
    const [first] = group
    const inOnePiece = group.every(
      (event, index) =>
        event.sequence === (first?.sequence ?? 0) + index &&
        event.envelope.commandindex === index &&
        event.envelope.commandcount === group.length,
    )
    if (!inOnePiece) wrong.push(`${id} is not once and whole in the log: ${JSON.stringify(group)}`)
    if (!sent.has(id)) wrong.push(`${id} is in the log, but nobody sent it`)
  }

  for (const { sent: command, result } of told) {
    const group = byCommand.get(command.commandId) ?? []
    const id = `${command.type} ${command.commandId}`
    if (result.status === 'accepted' || result.status === 'duplicate') {
      const last = group.at(-1)?.sequence
      if (group.length !== result.events.length)
        wrong.push(`${id}: ${group.length} events, told ${result.events.length}`)
      else if (last !== undefined && last !== parsePosition(result.position).sequence)
        wrong.push(`${id}: stands at ${last}, told ${result.position}`)
    } else if (result.status === 'rejected' || result.status === 'conflict') {
      if (group.length > 0) wrong.push(`${id}: told ${JSON.stringify(result)}, but it is in the log`)
    } else wrong.push(`${id}: was never told what became of it: ${JSON.stringify(result)}`)
  }
  return wrong
}
